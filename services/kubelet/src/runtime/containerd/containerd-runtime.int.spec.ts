import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@shiplog/testing';
import { BUSYBOX } from '../../testing/busybox-image';
import { TestContainerd } from '../../testing/test-containerd';
import { PASSWORD, TestRegistry, USER } from '../../testing/test-registry';
import { runtimeFeatures, type MemoryVolume } from '../testing/runtime-features';
import type { RuntimeEvent } from '../runtime';
import type { ContainerdRuntime } from './containerd-runtime';
import { NAMESPACE } from './protocol/native';
import { Containers } from './containers';
import { GrpcClient } from './grpc/client';
import type { LogRotation } from './logs/log-rotation';
import { shell, TestPod, textOf } from './testing/test-pod';

describe('containerd', () => {
  let engine: TestContainerd;
  let runtime: ContainerdRuntime;
  let imageId = '';
  beforeAll(async () => {
    engine = await TestContainerd.start();
    runtime = engine.runtime();
    imageId = (await runtime.image(BUSYBOX))?.id ?? '';
  });
  afterAll(() => engine.stop());

  runtimeFeatures('containerd', () => ({
    runtime,
    imageId,
    cgroupParent: engine.cgroupParent,
    endWith3: async (id) => {
      await runtime.exec(id, ['/busybox', 'kill', '-TERM', '1'], 5_000);
    },
    memoryVolumes: () => memoryVolumes(engine),
  }));

  it('tells where the layers of an image are', async () => {
    const { base = '', folders = [] } = (await runtime.imageLayers(imageId)) ?? {};
    expect(folders.some((folder) => existsSync(join(base, folder, 'busybox')))).toBe(true);
    expect(await runtime.imageLayers('sha256:none')).toBeUndefined();
  });

  describe('a pod', () => {
    let rig: TestPod;
    beforeEach(async () => {
      rig = await TestPod.start(runtime, imageId, engine.cgroupParent);
    });
    afterEach(() => rig.stop());

    it('has what its containers may use: its own cgroup, limits, user, mounts, host name', async () => {
      const id = await rig.run('sleep 1000', {
        env: ['GREETING=a=b'],
        user: '1234:77',
        groups: ['88'],
        memoryBytes: 33_554_432,
        cpuQuota: 50_000,
        readOnlyRootfs: true,
        capAdd: ['CAP_NET_ADMIN'],
        cgroupParent: `${engine.cgroupParent}/poduid-pod`,
        mounts: [{ kind: 'bind', source: '/etc/os-release', target: '/release', readOnly: true }],
      });
      const told = await rig.exec(
        id,
        'id -u; id -g; id -G; hostname; echo $GREETING; cat /release; touch /x 2>&1; ip -o addr',
      );
      expect(told.output).toMatch(/^1234\n77\n77 88\npod\na=b\n/);
      expect(told.output).toContain('PRETTY_NAME');
      expect(told.output).toContain('Read-only file system');
      // Connected to nothing yet but to itself.
      expect(told.output.match(/inet \S+/g)).toEqual(['inet 127.0.0.1/8']);
      const cgroup = (await rig.exec(id, 'cat /proc/self/cgroup')).output;
      expect(cgroup).toContain(`:memory:${engine.cgroupParent}/poduid-pod/${id}`);
    });

    it('says that the kernel killed a container for its memory, and what could not be started', async () => {
      const events: RuntimeEvent[] = [];
      const watching = runtime.watch((event) => events.push(event));
      await eventually(() => events.some((event) => event.type === 'connected'));
      const greedy = await rig.run('exec tail /dev/zero', { memoryBytes: 16_777_216 });
      const ended = await eventually(async () => rig.exited(greedy));
      expect(ended).toMatchObject({ exitCode: 137, oomKilled: true, error: '' });
      await eventually(() =>
        events.some((event) => event.type === 'container' && event.id === greedy && event.change === 'oom'),
      );
      watching.close();
      const absent = await rig.create({ entrypoint: ['/nowhere'] }, 'absent');
      await expect(runtime.start(absent)).rejects.toThrow('no such file or directory');
      const state = await rig.exited(absent);
      expect(state).toMatchObject({ oomKilled: false });
      expect(state.error).toContain('no such file or directory');
    });

    it('has its input ended with that of who is attached, and its output to the last', async () => {
      const id = await rig.run('cat; echo done', { stdin: true, stdinOnce: true });
      const session = await runtime.attach(id, { stdin: true, stdout: true, stderr: true });
      await session.write(Buffer.from('one\n'));
      session.endInput();
      expect(await textOf(session.output)).toBe('one\ndone\n');
      await eventually(async () => rig.exited(id));
    });

    it('shows a terminal to who is attached', async () => {
      const id = await rig.run('read line; stty size', { stdin: true, tty: true });
      const session = await runtime.attach(id, { stdin: true, stdout: true, stderr: true });
      await session.resize(101, 37);
      await session.write(Buffer.from('go\n'));
      expect(await textOf(session.output)).toContain('37 101');
      await session.close();
    });

    it('runs a command with its input, outputs and exit code', async () => {
      const id = await rig.run('sleep 1000');
      const streams = { stdin: true, stdout: true, stderr: true, tty: false };
      const session = await runtime.openExec(id, shell('cat; echo to stderr >&2; exit 7'), streams);
      await session.write(Buffer.from('in and out\n'));
      session.endInput();
      const parts: Record<string, string> = { stdout: '', stderr: '' };
      for await (const { name, data } of session.output) parts[name] += Buffer.from(data).toString();
      expect(parts).toEqual({ stdout: 'in and out\n', stderr: 'to stderr\n' });
      expect(await session.exitCode()).toBe(7);
      await session.close();
    });

    it.each([
      ['stdout', { stdout: true, stderr: false }],
      ['stderr', { stdout: false, stderr: true }],
      ['neither', { stdout: false, stderr: false }],
    ])('runs a command of whose outputs %s is wanted', async (wanted, streams) => {
      const id = await rig.run('sleep 1000');
      const session = await runtime.openExec(id, shell('echo stdout; echo stderr >&2'), {
        stdin: false,
        tty: false,
        ...streams,
      });
      expect(await textOf(session.output)).toBe(wanted === 'neither' ? '' : `${wanted}\n`);
      expect(await session.exitCode()).toBe(0);
      await session.close();
    });

    it('has a command that takes too long killed, with what it began', async () => {
      const id = await rig.run('sleep 1000');
      const result = await runtime.exec(id, shell('echo begun; sleep 777 & sleep 778'), 300);
      expect(result).toEqual({ exitCode: -1, output: 'begun\n', timedOut: true });
      await eventually(async () => !(await rig.exec(id, 'ps')).output.includes('sleep 77'));
    });

    it('has the command of a session killed by its id, when nobody is left who could end it', async () => {
      const id = await rig.run('sleep 1000');
      const streams = { stdin: false, stdout: true, stderr: false, tty: true };
      let execId = '';
      const session = await runtime.openExec(id, shell('sleep 779'), streams, async (known) => {
        execId = known;
        await Promise.resolve();
      });
      await engine.runtime().killExec(execId);
      expect(await textOf(session.output)).toBe('');
      await engine.runtime().killExec(execId);
      await session.close();
    });

    it('has a log that is followed to its end, over the files it is rotated into', async () => {
      const id = await rig.run('echo first; read go; echo second; read go; echo third', { stdin: true });
      const log = runtime.logs(id, { follow: true, timestamps: false })[Symbol.asyncIterator]();
      const rotation = rotationOf(engine);
      let second = 0;
      const next = async () => Buffer.from((await log.next()).value ?? []).toString();
      expect(await next()).toBe('first\n');
      const session = await runtime.attach(id, { stdin: true, stdout: false, stderr: false });
      await rotation.rotate(new Date(2026, 0, 1, 0, 0, ++second));
      await session.write(Buffer.from('go\n'));
      expect(await next()).toBe('second\n');
      await rotation.rotate(new Date(2026, 0, 1, 0, 0, ++second));
      await session.write(Buffer.from('go\n'));
      expect(await next()).toBe('third\n');
      expect((await log.next()).done).toBe(true);
      await session.close();
      expect(await rig.log(id)).toBe('first\nsecond\nthird\n');
      expect(await rig.log(id, { tailLines: 2 })).toBe('second\nthird\n');
      expect(await rig.log(id, { timestamps: true, tailLines: 1 })).toMatch(/^\d{4}-\S+\.\d{9}\S+ third\n$/);
      await runtime.remove(id);
      expect(await readdir(engine.podLogs)).toEqual([]);
    });

    it('keeps its dead containers and their logs when its sandbox goes first, and nothing after the last of them', async () => {
      const id = await rig.run('echo last words');
      await eventually(async () => rig.exited(id));
      await runtime.remove(rig.sandbox);
      expect((await runtime.list()).map((item) => item.id)).toEqual([id]);
      expect(await rig.log(id)).toBe('last words\n');
      const again = await TestPod.start(runtime, imageId, engine.cgroupParent);
      expect(again.sandbox).not.toBe(rig.sandbox);
      await again.stop();
      await runtime.remove(id);
      expect(await engine.ctr('containers', 'ls', '-q')).toBe('');
    });

    it('tells where on this machine lies what a container has written, until that is gone', async () => {
      const id = await rig.run('echo one > /written; echo two; sleep 1000');
      await eventually(async () => {
        const [layer = '', log = ''] = await runtime.filesOf(id);
        return existsSync(join(layer, 'written')) && (await readdir(log)).length === 1;
      });
      await runtime.remove(id);
      expect(await runtime.filesOf(id)).toEqual([]);
    });

    it('is asked to end by the signal that its container wants', async () => {
      const id = await rig.run('trap "exit 9" USR1; echo ready; while true; do sleep 0.05; done', {
        stopSignal: 'SIGUSR1',
      });
      await eventually(async () => (await rig.log(id)) === 'ready\n');
      await runtime.stop(id, 10);
      expect(await rig.exited(id)).toMatchObject({ exitCode: 9 });
    });

    it('is stopped and removed also while the process that looks after it dies', async () => {
      const id = await rig.run('sleep 1000');
      const shim = Number(/PPid:\s+(\d+)/.exec(await statusOf(rig.sandbox))?.[1]);
      const stopped = Promise.all([runtime.stop(id, 0), runtime.stop(rig.sandbox, 0)]);
      process.kill(shim, 'SIGKILL');
      await stopped;
      await runtime.remove(id);
      expect((await runtime.list()).map((item) => item.id)).toEqual([rig.sandbox]);
    });

    it('makes room for a container of the same attempt', async () => {
      const first = await rig.create({});
      const second = await rig.create({});
      expect((await runtime.list()).map((item) => item.id).sort()).toEqual([rig.sandbox, second].sort());
      expect(first).not.toBe(second);
    });
  });

  async function statusOf(sandbox: string): Promise<string> {
    return readFile(`/proc/${(await runtime.startSandbox(sandbox)).pid}/status`, 'utf8');
  }

  it('is told that a container ended while containerd was away', async () => {
    const rig = await TestPod.start(runtime, imageId, engine.cgroupParent);
    const events: RuntimeEvent[] = [];
    const watching = runtime.watch((event) => events.push(event));
    const count = (type: string) => events.filter((event) => event.type === type).length;
    await eventually(() => count('connected') === 1);
    const id = await rig.run('sleep 0.2; exit 5');
    await engine.pause();
    await eventually(() => count('disconnected') > 0);
    await expect(runtime.list()).rejects.toMatchObject({ problem: 'unavailable' });
    await engine.resume();
    await eventually(() => count('connected') === 2, { timeoutMs: 10_000 });
    expect(await eventually(async () => rig.exited(id))).toMatchObject({ exitCode: 5 });
    watching.close();
    await rig.stop();
  });

  it('knows what the machine does not let it give', async () => {
    const { privileged, missingCapabilities, negativeOomScore } = await runtime.limits();
    expect(privileged).toBe(missingCapabilities.length === 0);
    expect(negativeOomScore).toBe(!missingCapabilities.includes('SYS_RESOURCE'));
  });

  describe('images of a registry', () => {
    let registry: TestRegistry;
    let reference = '';
    beforeAll(async () => {
      registry = await TestRegistry.start();
      reference = `${registry.host}/team/app:1`;
      await engine.ctr('images', 'tag', `docker.io/${BUSYBOX}`, reference);
      await engine.ctr('images', 'push', '--skip-verify', '--user', `${USER}:${PASSWORD}`, reference);
      await engine.ctr('images', 'rm', reference);
    });
    afterAll(() => registry.stop());
    const { signal } = new AbortController();
    const as = (password: string) => ({ username: USER, password, serveraddress: registry.host });

    it('come with the password, and are known by their digest', async () => {
      await runtime.pull(reference, as(PASSWORD), signal);
      const { digests = [], id } = (await runtime.image(reference)) ?? {};
      expect(id).toBe(imageId);
      expect(digests).toContainEqual(expect.stringMatching(new RegExp(`^${registry.host}/team/app@sha256:`)));
      await engine.ctr('images', 'rm', ...digests, reference);
    });

    it('are refused with the registry’s reason', async () => {
      await expect(runtime.pull(reference, as('wrong'), signal)).rejects.toThrow(/authorization|unauthorized|401/i);
      await expect(runtime.pull(`${registry.host}/team/none:1`, as(PASSWORD), signal)).rejects.toMatchObject({
        problem: 'not-found',
      });
      await expect(runtime.pull(reference, as(PASSWORD), AbortSignal.abort())).rejects.toThrow();
    });
  });

  it('removes an image with all its names, and none that a container uses', async () => {
    const listed = async () => (await runtime.listImages()).map((item) => item.id);
    expect(await listed()).toEqual([imageId]);
    const rig = await TestPod.start(runtime, imageId, engine.cgroupParent);
    await rig.create({});
    await expect(runtime.removeImage(imageId)).rejects.toMatchObject({ problem: 'conflict' });
    await rig.stop();
    await engine.ctr('images', 'tag', `docker.io/${BUSYBOX}`, 'docker.io/library/another:1');
    await runtime.removeImage(imageId);
    expect(await listed()).toEqual([]);
    await runtime.removeImage(imageId);
  });
});

/** Of logs that hold anything. */
function rotationOf({ endpoint, podLogs, folder }: TestContainerd): LogRotation {
  const volumePath = () => Promise.reject(new Error('no volumes here'));
  const options = { node: 'node-a', podLogs, folder, volumePath, onProblem: () => undefined };
  return new Containers(new GrpcClient(endpoint, NAMESPACE), options).rotation(1);
}

/** As the kernel has them mounted. */
async function memoryVolumes(engine: TestContainerd): Promise<MemoryVolume[]> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' '));
  return mounts
    .filter(([, path = '', type]) => type === 'tmpfs' && path.startsWith(`${engine.folder}/memory-volumes/`))
    .map(([, path = '', , options = '']) => {
      const [podUid = '', name = ''] = path.split('/').slice(-2);
      const gid = /gid=(\d+)/.exec(options)?.[1];
      const kilobytes = Number(/size=(\d+)k/.exec(options)?.[1]);
      return { name, podUid, sizeBytes: kilobytes * 1024, gid: gid === undefined ? undefined : Number(gid) };
    });
}
