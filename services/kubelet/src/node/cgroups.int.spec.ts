import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineCgroups } from './cgroups';

const BASE = `shiplog-cgroups-${process.pid}`;
/** One of the hierarchies of version 1, or the one of version 2. */
const ROOT = existsSync('/sys/fs/cgroup/pids') ? '/sys/fs/cgroup/pids' : '/sys/fs/cgroup';

describe('the cgroups of pods', () => {
  const cgroups = new EngineCgroups(BASE);
  cgroups.useDriver('cgroupfs');
  afterAll(() => cgroups.removeAt(`/${BASE}`));

  /** A process in a cgroup below a pod's. */
  async function forgotten(uid: string): Promise<{ process: ChildProcess; ended: Promise<unknown>; path: string }> {
    const process = spawn('sleep', ['1000']);
    const ended = once(process, 'exit');
    const path = join(ROOT, BASE, `pod${uid}`);
    await mkdir(join(path, 'container'), { recursive: true });
    await writeFile(join(path, 'container', 'cgroup.procs'), String(process.pid));
    return { process, ended, path };
  }

  it('go with all that still runs in them', async () => {
    const { ended, path } = await forgotten('a-1');
    expect([...(await cgroups.pods())]).toEqual(['a-1']);
    await cgroups.remove('a-1');
    expect((await ended) as unknown[]).toEqual([null, 'SIGKILL']);
    expect(existsSync(path)).toBe(false);
    await cgroups.remove('a-1');
  });

  it('that may be another kubelet’s stay while they are used, or new', async () => {
    const { process, path } = await forgotten('b-2');
    await cgroups.removeUnused('b-2');
    expect(existsSync(path)).toBe(true);
    process.kill();
    await cgroups.remove('b-2');
    await mkdir(path);
    await cgroups.removeUnused('b-2');
    expect(existsSync(path)).toBe(true);
    await utimes(path, 0, 0);
    await cgroups.removeUnused('b-2');
    expect(existsSync(path)).toBe(false);
  });

  it('hold limits for all of a pod, also of another version than this machine has', async () => {
    const amounts = { cpuShares: 1_024, cpuQuota: 50_000, memoryBytes: 2 ** 26, pids: 7 };
    const root = await mkdtemp(join(tmpdir(), 'shiplog-cgroup-'));
    await writeFile(join(root, 'cgroup.controllers'), 'cpu memory pids');
    const unified = new EngineCgroups('base/node', root);
    unified.useDriver('cgroupfs');
    await unified.limit('c-3', amounts);
    const read = (...path: string[]) => readFile(join(root, 'base', ...path), 'utf8');
    const files = ['cpu.weight', 'cpu.max', 'memory.max', 'pids.max'];
    expect(await Promise.all(files.map((file) => read('node', 'podc-3', file)))).toEqual([
      '39',
      '50000 100000',
      String(2 ** 26),
      '7',
    ]);
    expect(await read('node', 'cgroup.subtree_control')).toBe('+cpu +memory +pids');
    await unified.limitAll({ ...amounts, memoryBytes: 2 ** 30 });
    expect(await read('node', 'memory.max')).toBe(String(2 ** 30));
    await rm(root, { recursive: true });
    await cgroups.limit('c-3', { cpuShares: 2, cpuQuota: 0, memoryBytes: 0, pids: 7 });
    const max = await readFile(join(ROOT, BASE, 'podc-3', 'pids.max'), 'utf8');
    expect(max.trim()).toBe('7');
    await cgroups.limit('c-3', { cpuShares: 2, cpuQuota: 0, memoryBytes: 0, pids: 0 });
    expect((await readFile(join(ROOT, BASE, 'podc-3', 'pids.max'), 'utf8')).trim()).toBe('max');
    await cgroups.remove('c-3');
  });

  it('are within what is for all pods, which their machine’s own kernel keeps', async () => {
    await cgroups.limitAll({ cpuShares: 2_048, cpuQuota: 0, memoryBytes: 2 ** 30, pids: 99 });
    await cgroups.limit('d-4', { cpuShares: 2, cpuQuota: 0, memoryBytes: 0, pids: 0 });
    expect((await readFile(join(ROOT, BASE, 'pids.max'), 'utf8')).trim()).toBe('99');
    await cgroups.remove('d-4');
  });

  it('of uids that would lead elsewhere are nobody’s', async () => {
    expect(cgroups.parentOf('/../../elsewhere')).toBeUndefined();
    await cgroups.remove('/../../elsewhere');
  });
});
