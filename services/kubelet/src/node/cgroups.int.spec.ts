import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
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

  it('of uids that would lead elsewhere are nobody’s', async () => {
    expect(cgroups.parentOf('/../../elsewhere')).toBeUndefined();
    await cgroups.remove('/../../elsewhere');
  });
});
