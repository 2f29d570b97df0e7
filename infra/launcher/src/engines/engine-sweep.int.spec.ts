import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ImageRow } from '../images/catalogue';
import { busyboxRoot } from '../images/image-roots';
import { dockerImages } from '../images/image-store';
import { provideImage } from '../images/provide-images';
import { identityOf } from '../processes/identity';
import { settingsFrom } from '../settings';
import { mountPointsBelow } from '../system/mounts';
import { run } from '../system/run';
import { canHaveMinions, TestMinion } from '../testing/test-minion';
import { engineAt } from './engine-client';
import { EngineSweep } from './engine-sweep';
import { containerdSocket } from './docker-runtime';

const SHELL: ImageRow = { ref: 'shiplog/spec-shell:1', otherwise: { kind: 'busybox', config: ['CMD ["sh"]'] } };

(canHaveMinions ? describe : describe.skip)('what an engine has forgotten', () => {
  const root = mkdtempSync(join(tmpdir(), 'shiplog-sweep-'));
  const { cache } = settingsFrom(process.env);
  let test: TestMinion;

  const ctr = (...args: string[]) =>
    run('ctr', ['--address', containerdSocket(test.minion), '--namespace', 'moby', ...args]);
  const docker = (...args: string[]) => run('docker', ['-H', test.dockerHost, ...args]);
  const tasks = () => readdirSync(join(test.minion.runDir, 'containerd', 'io.containerd.runtime.v2.task', 'moby'));

  beforeAll(async () => {
    test = await TestMinion.start();
    await provideImage([dockerImages(engineAt(test.dockerHost))], SHELL, cache, () => undefined);
    await busyboxRoot(root, cache);
  });
  afterAll(async () => {
    await test.stop();
    rmSync(root, { recursive: true });
  });

  it('goes at the second look, and what the engine knows stays', async () => {
    const sweep = new EngineSweep(test.cluster);
    const known = (await docker('run', '-d', '--network=none', SHELL.ref, 'sleep', '1000')).trim();
    await docker('create', SHELL.ref);
    // As a dockerd leaves it that is killed while it creates a container.
    const layer = join(test.minion.home, 'docker', 'overlay2', 'of-nobody-init', 'merged');
    mkdirSync(layer, { recursive: true });
    await run('mount', ['-t', 'tmpfs', 'none', layer]);
    await ctr('run', '--detach', '--rootfs', root, 'forgotten', '/bin/busybox', 'sleep', '1000');
    const pid = Number(/^forgotten +(\d+) +RUNNING/m.exec(await ctr('tasks', 'list'))?.[1]);
    expect(tasks().sort()).toEqual([known, 'forgotten'].sort());

    expect(await sweep.look(test.minion)).toEqual([]);
    expect(await sweep.look(test.minion)).toEqual(['forgotten', layer]);
    expect(await sweep.look(test.minion)).toEqual([]);

    expect(tasks()).toEqual([known]);
    expect((await ctr('containers', 'list', '--quiet')).trim()).toBe(known);
    expect(identityOf(pid)).toBeUndefined();
    expect(mountPointsBelow(dirname(dirname(layer)))).toEqual([expect.stringMatching(/\/[0-9a-f]{64}\/merged$/)]);
    expect((await docker('ps', '--quiet', '--no-trunc')).trim()).toBe(known);
  });
});
