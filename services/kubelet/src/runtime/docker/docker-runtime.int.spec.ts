import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@shiplog/testing';
import { BUSYBOX, TestEngine } from '../../testing/test-engine';
import { runtimeFeatures, type MemoryVolume } from '../testing/runtime-features';
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
    memoryVolumes: () => memoryVolumes(engine),
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
      privileged: false,
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

  it('tells where on this machine lies what a container has written, until that is gone', async () => {
    const script = 'echo one > /written; echo two; sleep 1000';
    const id = (await engine.docker('run', '-d', BUSYBOX, '/busybox', 'sh', '-c', script)).trim();
    await eventually(async () => {
      const [layer = '', log = ''] = await runtime.filesOf(id);
      return existsSync(join(layer, 'written')) && existsSync(join(log, `${id}-json.log`));
    });
    await engine.docker('rm', '-f', id);
    expect(await runtime.filesOf(id)).toEqual([]);
  });

  it('removes an image with all its names, and none that a container uses', async () => {
    const listed = async () => (await runtime.listImages()).map(({ id }) => id);
    expect(await listed()).toEqual([imageId]);
    const holder = await engine.docker('create', BUSYBOX);
    await expect(runtime.removeImage(imageId)).rejects.toMatchObject({ problem: 'conflict' });
    await engine.docker('rm', holder);
    await engine.docker('tag', BUSYBOX, 'another:1');
    expect((await runtime.listImages()).map(({ names }) => [...names].sort())).toEqual([['another:1', BUSYBOX]]);
    await runtime.removeImage(imageId);
    expect(await listed()).toEqual([]);
    await runtime.removeImage(imageId);
  });

  it('asks once for an engine that is away, and says so', async () => {
    await engine.pause();
    await expect(runtime.list()).rejects.toMatchObject({ problem: 'unavailable' });
    await engine.resume();
    await expect(runtime.list()).resolves.toEqual([]);
  });
});

async function processesOf(engine: TestEngine, id: string): Promise<number> {
  return (await engine.docker('top', id, '-o', 'pid')).split('\n').length - 1;
}

/** As `docker volume inspect` tells of them. */
interface InspectedVolume {
  Name: string;
  Labels: Record<string, string> | null;
  Options: { type?: string; o?: string } | null;
}

async function memoryVolumes(engine: TestEngine): Promise<MemoryVolume[]> {
  const names = (await engine.docker('volume', 'ls', '--quiet')).split('\n').filter((name) => name !== '');
  if (names.length === 0) return [];
  const found = JSON.parse(await engine.docker('volume', 'inspect', ...names)) as InspectedVolume[];
  return found
    .filter(({ Options: options }) => options?.type === 'tmpfs')
    .map(({ Name: name, Labels: labels, Options: options }) => {
      const numberOf = (option: string) => new RegExp(`${option}=(\\d+)`).exec(options?.o ?? '')?.[1];
      const gid = numberOf('gid');
      return {
        name,
        podUid: labels?.['io.kubernetes.pod.uid'] ?? '',
        sizeBytes: Number(numberOf('size')),
        gid: gid === undefined ? undefined : Number(gid),
      };
    });
}
