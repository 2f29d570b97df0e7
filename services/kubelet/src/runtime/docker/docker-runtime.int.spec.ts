import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { eventually } from '@shiplog/testing';
import { BUSYBOX, TestEngine } from '../../testing/test-engine';
import { runtimeFeatures } from '../testing/runtime-features';
import type { DockerRuntime } from './docker-runtime';

describe('Docker Engine', () => {
  let engine: TestEngine;
  let runtime: DockerRuntime;
  let imageId = '';
  beforeAll(async () => {
    engine = await TestEngine.start();
    runtime = engine.runtime();
    imageId = (await runtime.image(BUSYBOX))?.id ?? '';
  });
  afterAll(() => engine.stop());

  runtimeFeatures('Docker Engine', () => ({
    runtime,
    imageId,
    endWith3: async (id) => {
      // By the engine's hand, but of its own will: its trap makes it end with 3.
      await runtime.exec(id, ['/busybox', 'kill', '-TERM', '1'], 5_000);
    },
  }));

  it('finds out once what the engine refuses on this machine, and leaves nothing behind', async () => {
    const limits = await runtime.limits();
    expect(await runtime.limits()).toBe(limits);
    expect(limits.privileged).toBe(limits.missingCapabilities.length === 0);
    expect(await runtime.list()).toEqual([]);
  });

  it('kills a command that takes too long, also inside the container', async () => {
    const sandbox = await runtime.createSandbox({
      identity: {
        pod: { uid: 'u', namespace: 'n', name: 'p' },
        name: 'POD',
        role: 'sandbox',
        attempt: 0,
        backoffSeconds: 0,
        image: '',
      },
      hostname: 'p',
      network: { kind: 'detached' },
      hostPID: false,
      hostIPC: false,
      sysctls: {},
      mounts: [],
      oomScoreAdj: 0,
    });
    await runtime.startSandbox(sandbox);
    const result = await runtime.exec(sandbox, ['/pause'], 300);
    expect(result.timedOut).toBe(true);
    await eventually(async () => (await processesOf(engine, sandbox)) === 1);
    await runtime.remove(sandbox);
  });

  async function processesOf(engine: TestEngine, id: string): Promise<number> {
    const { stdout } = await promisify(execFile)('docker', ['-H', engine.host, 'top', id, '-o', 'pid']);
    return stdout.trim().split('\n').length - 1;
  }

  it('asks once for an engine that is away, and says so', async () => {
    await engine.pause();
    await expect(runtime.list()).rejects.toMatchObject({ problem: 'unavailable' });
    await engine.resume();
    await expect(runtime.list()).resolves.toEqual([]);
  });
});
