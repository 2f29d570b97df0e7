import { containerdFiles, SANDBOX_IMAGE } from './containerd-files';

const files = containerdFiles({ root: '/r', state: '/s', socket: '/s/c.sock', folder: '/f' });

describe('what a containerd of one’s own is started with', () => {
  it('is a configuration that names its places, and plug-ins for networks', () => {
    expect(files.map(({ path }) => path)).toEqual([
      '/f/containerd.toml',
      '/f/cni/net.d/10-shiplog.conflist',
      '/f/cni/bin/shiplog-detached',
      '/f/cni/bin/loopback',
    ]);
    for (const line of ['root = "/r"', 'address = "/s/c.sock"', `sandbox_image = "${SANDBOX_IMAGE}"`])
      expect(files[0].text).toContain(line);
  });

  it('has the programs alone as programs', () => {
    expect(files.map(({ isProgram = false }) => isProgram)).toEqual([false, false, true, true]);
  });
});
