import { Readable } from 'node:stream';
import { eventually } from '@shiplog/testing';
import { imageArchive } from '../pause/image-archive';
import {
  RuntimeError,
  type ContainerIdentity,
  type ContainerSpec,
  type SandboxSpec,
  type PodRuntime,
  type RuntimeCapabilities,
  type RuntimeEvent,
} from '../runtime';
import { PLAIN_CONTAINER } from './plain-container';

/** A volume in memory, as the engine has it. */
export interface MemoryVolume {
  readonly name: string;
  readonly podUid: string;
  readonly sizeBytes: number;
  readonly gid: number | undefined;
}

/** A runtime as the suite wants it: with an image that has /busybox, in an engine that has nothing else of ours. */
export interface RuntimeUnderTest {
  readonly runtime: PodRuntime;
  readonly imageId: string;
  /** For all that it makes; absent: the engine's own. */
  readonly cgroupParent?: string;
  /** Makes a running container, which has written its line, end by itself, with exit code 3. */
  endWith3(id: string): Promise<void>;
  /** All that the engine has: asked by another way than the runtime under test. */
  memoryVolumes(): Promise<readonly MemoryVolume[]>;
}

const POD = { uid: 'uid-suite', namespace: 'default', name: 'suite' };

function identity(fields: Partial<ContainerIdentity>): ContainerIdentity {
  return { pod: POD, name: 'main', role: 'app', attempt: 0, backoffSeconds: 0, image: 'suite:1', ...fields };
}

const sandboxSpec: SandboxSpec = {
  identity: identity({ name: 'POD', role: 'sandbox', image: '' }),
  hostname: 'suite',
  network: { kind: 'detached' },
  hostPID: false,
  hostIPC: false,
  privileged: false,
  sysctls: {},
  mounts: [],
  oomScoreAdj: 0,
};

function containerSpec(sandboxId: string, imageId: string, attempt = 0): ContainerSpec {
  return {
    ...PLAIN_CONTAINER,
    identity: identity({ attempt, backoffSeconds: 10 * attempt }),
    sandboxId,
    imageId,
    entrypoint: [
      '/busybox',
      'sh',
      '-c',
      'echo "hello from $NAME"; trap "exit 3" TERM; while true; do sleep 0.05; done',
    ],
    env: ['NAME=suite'],
  };
}

/** SIGTERM is the fifteenth bit of what a process catches. */
const UNTIL_TERM_IS_HEEDED = 'until grep -q "SigCgt:.*[4-7c-f]...$" /proc/1/status; do sleep 0.01; done';

/** What every implementation of PodRuntime keeps to. Run on the fake and on the real engines. */
export function runtimeFeatures(name: string, under: () => RuntimeUnderTest): void {
  describe(`${name}, as a pod runtime`, () => {
    const events: RuntimeEvent[] = [];
    let watching: { close(): void };
    let sandbox = '';
    let app = '';
    const runtime = (): PodRuntime => under().runtime;
    /** What is not declared must be refused: nothing of this suite is left out for a runtime that has less. */
    const can = (): RuntimeCapabilities => runtime().capabilities;

    beforeAll(async () => {
      watching = runtime().watch((event) => events.push(event));
      await eventually(() => events.some((event) => event.type === 'connected'));
      await runtime().prepare();
    });
    afterAll(async () => {
      watching.close();
      for (const item of await runtime().list()) await runtime().remove(item.id);
    });

    it('says what engine it is', async () => {
      expect((await runtime().engine()).version).not.toBe('');
    });

    it('runs a sandbox and tells its process, where it is one', async () => {
      sandbox = await runtime().createSandbox({ ...sandboxSpec, cgroupParent: under().cgroupParent });
      const details = await runtime().startSandbox(sandbox);
      expect(details.pid > 0).toBe(can().processes);
      expect(await runtime().startSandbox(sandbox)).toEqual(details);
    });

    it('runs a container beside it, and knows it again by what it was made with', async () => {
      app = await runtime().createContainer({
        ...containerSpec(sandbox, under().imageId),
        cgroupParent: under().cgroupParent,
      });
      expect(await runtime().inspect(app)).toMatchObject({ id: app, ...identity({}), state: { phase: 'created' } });
      await runtime().start(app);
      expect(await runtime().inspect(app)).toMatchObject({ imageId: under().imageId, state: { phase: 'running' } });
      const ids = (await runtime().list()).map((item) => item.id);
      expect(ids.sort()).toEqual([sandbox, app].sort());
    });

    it('runs commands in it, and tells how they ended; or refuses them', async () => {
      if (!can().processes) return refusesCommands(runtime(), app);
      expect(await runtime().exec(app, ['/busybox', 'sh', '-c', 'exit 4'], 5_000)).toMatchObject({
        exitCode: 4,
        timedOut: false,
      });
    });

    it('gives it other amounts while it runs', async () => {
      await runtime().resize(app, { cpuShares: 512, cpuQuota: 50_000, memoryBytes: 2 ** 27 });
      expect((await runtime().inspect(app))?.state.phase).toBe('running');
      await expect(runtime().resize('nothing', { cpuShares: 2, cpuQuota: 0, memoryBytes: 0 })).rejects.toThrow();
    });

    it('tells the end of a container at once, with its exit code', async () => {
      await under().endWith3(app);
      await eventually(() =>
        events.some((event) => event.type === 'container' && event.id === app && event.change === 'ended'),
      );
      expect((await runtime().inspect(app))?.state).toMatchObject({
        phase: 'exited',
        exitCode: 3,
        oomKilled: false,
        error: '',
      });
    });

    it('keeps the log of a dead container', async () => {
      const parts: Uint8Array[] = [];
      for await (const part of runtime().logs(app, { follow: false, timestamps: false })) parts.push(part);
      expect(Buffer.concat(parts).toString()).toBe('hello from suite\n');
    });

    it('lets what has ended be stopped and killed again, and removed twice', async () => {
      await runtime().stop(app, 1);
      await runtime().kill(app);
      await runtime().remove(app);
      await runtime().remove(app);
      expect(await runtime().inspect(app)).toBeUndefined();
      await eventually(() =>
        events.some((event) => event.type === 'container' && event.id === app && event.change === 'removed'),
      );
    });

    it('asks a container to end before it kills it', async () => {
      const next = await runtime().createContainer({
        ...containerSpec(sandbox, under().imageId, 1),
        cgroupParent: under().cgroupParent,
      });
      await runtime().start(next);
      // Before its shell has set the trap, the first process of a container heeds no such signal.
      if (can().processes) await runtime().exec(next, ['/busybox', 'sh', '-c', UNTIL_TERM_IS_HEEDED], 5_000);
      await runtime().stop(next, 10);
      const ended = await runtime().inspect(next);
      expect(ended).toMatchObject({ attempt: 1, backoffSeconds: 10, state: { phase: 'exited' } });
      expect(ended?.state.phase === 'exited' && [3, 143].includes(ended.state.exitCode)).toBe(true);
    });

    it('says that an image or container is not there', async () => {
      expect(await runtime().image('nowhere.invalid/nothing:1')).toBeUndefined();
      expect(await runtime().inspect('nothing')).toBeUndefined();
    });

    it('takes the images of an archive by their names, and refuses what is none', async () => {
      const tag = 'shiplog/suite-loaded:1';
      const { id, archive } = imageArchive({ tag, architecture: 'amd64', files: [], config: {} });
      if (!can().archives) return expect(runtime().load(Readable.from([archive]))).rejects.toThrow(RuntimeError);
      await runtime().load(Readable.from([archive]));
      expect(await runtime().image(tag)).toMatchObject({ id });
      await runtime().removeImage(id);
      expect(await runtime().image(tag)).toBeUndefined();
      await expect(runtime().load(Readable.from([Buffer.from('no archive')]))).rejects.toThrow(RuntimeError);
    });

    it('tells whether it finds a path of this machine, and leaves nothing behind', async () => {
      expect(await runtime().findsPath('/proc/self')).toBe(can().files);
      expect(await runtime().findsPath('/shiplog-nowhere')).toBe(false);
    });

    it('makes memory volumes of a size, for a group or for all, and each once', async () => {
      await runtime().createMemoryVolume('shiplog-suite', { podUid: POD.uid, sizeBytes: 1_048_576, gid: 77 });
      await runtime().createMemoryVolume('shiplog-suite', { podUid: POD.uid, sizeBytes: 1_048_576, gid: 77 });
      await runtime().createMemoryVolume('shiplog-other', {
        podUid: 'uid-other',
        sizeBytes: 1_048_576,
        gid: undefined,
      });
      const found = await under().memoryVolumes();
      expect([...found].sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
        { name: 'shiplog-other', podUid: 'uid-other', sizeBytes: 1_048_576, gid: undefined },
        { name: 'shiplog-suite', podUid: POD.uid, sizeBytes: 1_048_576, gid: 77 },
      ]);
    });

    it('removes the volumes of a pod, also twice, and of no other', async () => {
      await runtime().removeVolumes(POD.uid);
      await runtime().removeVolumes(POD.uid);
      expect((await under().memoryVolumes()).map(({ name }) => name)).toEqual(['shiplog-other']);
      await runtime().removeVolumes('uid-other');
      expect(await under().memoryVolumes()).toEqual([]);
    });

    it('removes also what runs', async () => {
      await runtime().remove(sandbox);
      expect(await runtime().inspect(sandbox)).toBeUndefined();
    });
  });
}

/** Clearly: with the engine's reason. Instead of what would be run or called in it, the runtime itself says how a container is. */
async function refusesCommands(runtime: PodRuntime, id: string): Promise<void> {
  const streams = { stdin: false, stdout: true, stderr: true, tty: false };
  for (const asked of [
    runtime.exec(id, ['true'], 5_000),
    runtime.openExec(id, ['true'], streams),
    runtime.attach(id, streams),
  ])
    await expect(asked).rejects.toThrow(expect.objectContaining({ problem: 'refused' }));
  await expect(runtime.probe?.(id, 'Liveness')).resolves.toMatchObject({ ok: true });
}
