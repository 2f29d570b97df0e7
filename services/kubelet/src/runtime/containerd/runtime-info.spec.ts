import { runtimeInfoOf } from './runtime-info';

describe('what containerd tells of its configuration', () => {
  it('names what sandboxes are made of, and its runtimes', () => {
    const containerd = { defaultRuntimeName: 'runc', runtimes: { runc: { options: {} }, kata: {} } };
    expect(runtimeInfoOf(JSON.stringify({ sandboxImage: 'pause:1', containerd }))).toEqual({
      sandboxImage: 'pause:1',
      handlers: ['runc', 'kata'],
      cgroupDriver: 'cgroupfs',
    });
  });

  it('says by which driver cgroups are made', () => {
    const runtimes = { runc: { options: { SystemdCgroup: true } } };
    expect(runtimeInfoOf(JSON.stringify({ containerd: { runtimes } })).cgroupDriver).toBe('systemd');
    expect(runtimeInfoOf(JSON.stringify({ systemdCgroup: true })).cgroupDriver).toBe('systemd');
  });

  it.each([undefined, '', '{', 'null', '[]', '{"containerd":null}'])('may be nothing (%j)', (text) => {
    expect(runtimeInfoOf(text)).toEqual({ sandboxImage: '', handlers: [], cgroupDriver: 'cgroupfs' });
  });
});
