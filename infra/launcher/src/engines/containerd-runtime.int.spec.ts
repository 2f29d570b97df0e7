import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImageRow } from '../images/catalogue';
import { busyboxRoot } from '../images/image-roots';
import type { ImageStore } from '../images/image-store';
import { isCached, provideImage } from '../images/provide-images';
import { identityOf } from '../processes/identity';
import { settingsFrom } from '../settings';
import { mountPointsBelow } from '../system/mounts';
import { canHaveMinions, TestMinion } from '../testing/test-minion';
import { containerdRuntime } from './containerd-runtime';
import { ctrAt, type Ctr } from './ctr';
import { withImageBuilder } from './image-builder';

const SHELL: ImageRow = { ref: 'shiplog/spec-shell:1', otherwise: { kind: 'busybox', config: ['CMD ["sh"]'] } };

(canHaveMinions ? describe : describe.skip)('the containerd of a minion', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shiplog-containerd-'));
  const cache = join(folder, 'cache');
  const said: string[] = [];
  const say = (text: string): void => void said.push(text);
  let test: TestMinion;
  let images: ImageStore;
  let ctr: Ctr;

  beforeAll(async () => {
    test = await TestMinion.start('containerd');
    images = containerdRuntime.images(test.minion);
    ctr = ctrAt(test.minion.socket, 'k8s.io');
    const { cache: packages } = settingsFrom(process.env);
    mkdirSync(cache);
    for (const name of ['packages', 'debs']) {
      mkdirSync(join(packages, name), { recursive: true });
      symlinkSync(join(packages, name), join(cache, name));
    }
  });
  afterAll(async () => {
    await test.stop();
    rmSync(folder, { recursive: true });
  });

  it('can build no image, and gets it from a Docker engine that is there only meanwhile', async () => {
    await expect(provideImage([images], SHELL, cache, say)).rejects.toThrow('no engine is there that could build');
    const names = test.cluster.registry.names();
    const provide = (builder: ImageStore) => provideImage([builder, images], SHELL, cache, say);
    expect(await withImageBuilder(test.cluster, say, provide)).toBe(1);
    expect(isCached(cache, SHELL.ref)).toBe(true);
    expect(test.cluster.registry.names()).toEqual(names);
  });

  it('has it under its full name, and by the ID that Docker gave it; a second time nothing is done', async () => {
    expect(await ctr('images', 'list', '--quiet')).toContain('docker.io/shiplog/spec-shell:1');
    said.length = 0;
    expect(await provideImage([images], SHELL, cache, say)).toBe(0);
    expect(said).toEqual([]);
    expect(await images.idOf('shiplog/none:1')).toBeUndefined();
  });

  it('has nothing left of its containers when they are stopped: also of such as heed no signal', async () => {
    const root = join(folder, 'root');
    mkdirSync(root);
    await busyboxRoot(root, cache);
    await ctr('run', '--detach', '--rootfs', root, 'deaf', '/bin/busybox', 'sleep', '1000');
    const pid = Number(/^deaf +(\d+) +RUNNING/m.exec(await ctr('tasks', 'list'))?.[1]);
    expect(identityOf(pid)).toBeDefined();
    await containerdRuntime.stopContainers(test.minion);
    expect(identityOf(pid)).toBeUndefined();
    expect(await ctr('tasks', 'list', '--quiet')).toBe('');
    expect(mountPointsBelow(test.minion.runDir)).toEqual([]);
  });
});
