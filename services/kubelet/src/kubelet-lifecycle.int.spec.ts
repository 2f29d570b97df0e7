import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@shiplog/testing';
import { containerOf, shell, TestNode } from './testing/test-node';

/** One of the hierarchies of version 1, or the one of version 2. */
const CGROUPS = existsSync('/sys/fs/cgroup/pids') ? '/sys/fs/cgroup/pids' : '/sys/fs/cgroup';

describe('the life of pods on a real engine', () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await TestNode.start({ env: { POD_PIDS_LIMIT: '64' } });
  });
  afterAll(() => node.stop());

  const heard = (pod: string, reason: string) =>
    node.notes.filter((note) => note.about.name === pod && note.reason === reason);

  it('ends with their deadline, and they are Failed once nothing of them runs', async () => {
    const script = 'trap "" TERM; while true; do sleep 0.1; done';
    await node.pod('late', { script, activeDeadlineSeconds: 2, terminationGracePeriodSeconds: 3 });
    await node.untilReady('late');
    await eventually(() => heard('late', 'DeadlineExceeded').length === 1);
    await eventually(() => heard('late', 'Killing').length === 1);
    expect(node.get('late')?.status?.phase).toBe('Running');
    const { status } = await node.until('late', (pod) => pod.status?.phase === 'Failed');
    expect(status).toMatchObject({
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
      containerStatuses: [{ state: { terminated: { exitCode: 137 } } }],
    });
    expect(heard('late', 'DeadlineExceeded')).toMatchObject([
      { type: 'Normal', message: 'Pod was active on the node longer than the specified deadline' },
    ]);
    await node.delete('late');
    await node.untilGone('late');
  });

  it('of a command that does not exist is tried again after 10 seconds, as that of any other', async () => {
    await node.pod('nope', { containers: [{ name: 'main', command: ['/nope'] }] });
    const crashed = (pod: Parameters<typeof containerOf>[0]) =>
      containerOf(pod).state?.waiting?.reason === 'CrashLoopBackOff';
    const pod = await node.until('nope', crashed);
    expect(containerOf(pod)).toMatchObject({
      restartCount: 1,
      state: {
        waiting: { message: expect.stringMatching(/^back-off 10s restarting failed container=main pod=nope_/) },
      },
      lastState: { terminated: { exitCode: 128, reason: 'StartError', message: expect.stringMatching(/\/nope/) } },
    });
    await node.delete('nope');
    await node.untilGone('nope');
  });

  it('does not begin with a limit that the engine can not keep: less than a byte of memory is not none', async () => {
    const containers = [{ name: 'main', resources: { limits: { memory: '512m' } } }];
    await node.pod('milli', { containers });
    const pod = await node.until(
      'milli',
      (item) => containerOf(item).state?.waiting?.reason === 'CreateContainerError',
    );
    expect(containerOf(pod).state?.waiting?.message).toMatch(/^Minimum memory limit allowed is \d+MB$/);
    expect(heard('milli', 'Failed')[0]?.message).toMatch(/^Error: Minimum memory limit/);
    await node.delete('milli');
    await node.untilGone('milli');
  });

  it('has a limit of processes and of memory for all containers of a pod together', async () => {
    const script = 'sleep 1; for i in $(/busybox seq 50); do /busybox sleep 1000 & done; wait';
    const containers = ['a', 'b'].map((name) => ({
      name,
      command: shell(script),
      resources: { limits: { memory: '32Mi' } },
    }));
    await node.pod('many', { containers, restartPolicy: 'Never' });
    const { uid } = (await node.until('many', (pod) => pod.status?.podIP !== undefined)).metadata;
    const pod = await node.until('many', (item) => item.status?.phase !== 'Pending');
    await eventually(async () => {
      const logs = await Promise.all(['a', 'b'].map((name) => node.logs(pod, name)));
      return logs.some((log) => log.includes("can't fork"));
    });
    if (!existsSync('/sys/fs/cgroup/memory')) return;
    const limit = join('/sys/fs/cgroup/memory', node.engine.cgroupParent, `pod${uid}`, 'memory.limit_in_bytes');
    expect(await readFile(limit, 'utf8')).toBe(`${2 ** 26}\n`);
    await node.delete('many');
    await node.untilGone('many');
  });

  it('has its logs read over all files that they were rotated into, also while they are written', async () => {
    // At 73,135 the engine begins another file.
    const lines = 100_000;
    const filler = 'x'.repeat(60);
    const script = `for i in $(/busybox seq 1 10000 ${lines}); do /busybox seq $i $((i + 9999)) | /busybox sed 's/$/ ${filler}/'; /busybox usleep 100000; done`;
    await node.pod('wordy', { script, restartPolicy: 'Never' });
    const pod = await node.until('wordy', (item) => containerOf(item).state?.waiting === undefined);
    const numbersOf = (log: string): number[] =>
      log
        .trimEnd()
        .split('\n')
        .map((line) => parseInt(line, 10));
    // Where a line does not follow the one before it.
    const gapsOf = (log: string): string[] => {
      const numbers = [0, ...numbersOf(log), lines + 1];
      return numbers.flatMap((number, i) =>
        i > 0 && number !== (numbers[i - 1] ?? 0) + 1 ? [`${numbers[i - 1]}→${number}`] : [],
      );
    };
    expect(gapsOf(await node.logs(pod, 'main', { follow: true }))).toEqual([]);
    await node.until('wordy', (item) => item.status?.phase === 'Succeeded');
    expect(gapsOf(await node.logs(pod))).toEqual([]);
    expect(numbersOf(await node.logs(pod, 'main', { tailLines: 3 }))).toEqual([lines - 2, lines - 1, lines]);
    const id = (containerOf(pod).containerID ?? '').replace('docker://', '');
    const kept = await node.engine.docker(
      'inspect',
      '--format',
      '{{json .HostConfig.LogConfig.Config}} {{.LogPath}}',
      id,
    );
    const [config = '', path = ''] = kept.split(' ');
    expect(JSON.parse(config)).toEqual({ 'max-size': '10m', 'max-file': '5' });
    expect((await readdir(join(path, '..'))).filter((name) => name.includes('-json.log'))).toHaveLength(2);
    await node.delete('wordy');
    await node.untilGone('wordy');
  });

  it('leaves nothing behind that an engine has forgotten: not while they are deleted, not while the kubelet is away', async () => {
    const hidden = async (name: string) => {
      await node.pod(name, {});
      const { uid } = (await node.untilReady(name)).metadata;
      const path = join(CGROUPS, node.engine.cgroupParent, `pod${uid}`);
      const ghost = spawn('sleep', ['1000']);
      const ended = once(ghost, 'exit');
      await mkdir(join(path, 'ghost'));
      await writeFile(join(path, 'ghost', 'cgroup.procs'), String(ghost.pid));
      return { uid, path, ended };
    };
    const first = await hidden('first');
    await node.delete('first');
    await node.untilGone('first');
    expect(await first.ended).toEqual([null, 'SIGKILL']);
    expect(existsSync(first.path)).toBe(false);

    const second = await hidden('second');
    await node.stopKubelet();
    await node.delete('second', 0);
    await node.untilGone('second');
    const containers = (await node.engine.runtime().list()).filter((item) => item.pod.uid === second.uid);
    await Promise.all(containers.map(({ id }) => node.engine.runtime().remove(id)));
    await node.startKubelet();
    expect(await second.ended).toEqual([null, 'SIGKILL']);
    await eventually(() => !existsSync(second.path) && !existsSync(join(node.stateDir, 'pods', second.uid)));
  });
});
