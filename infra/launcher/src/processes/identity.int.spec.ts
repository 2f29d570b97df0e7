import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@shiplog/testing';
import { findTool } from '../system/tools';
import { endProcess, hasEnded, signalProcess } from './ending';
import { identityOf, isAlive, ownIdentity, type ProcessIdentity } from './identity';

const children: ChildProcess[] = [];

/** A process that leads a group, as those of a cluster do. */
function start(command: string, ...args: string[]): ProcessIdentity {
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  children.push(child);
  const identity = identityOf(child.pid ?? 0);
  if (identity === undefined) throw new Error(`${command} did not start`);
  return identity;
}

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

describe('the identity of a process', () => {
  it('is the same whenever it is asked for, and another’s is another', () => {
    const sleeper = start('sleep', '300');
    expect(identityOf(sleeper.pid)).toEqual(sleeper);
    expect(isAlive(sleeper)).toBe(true);
    expect(ownIdentity()).toEqual(identityOf(process.pid));
    expect(ownIdentity().pid).not.toBe(sleeper.pid);
  });

  it('ends with the process', async () => {
    const sleeper = start('sleep', '300');
    process.kill(sleeper.pid, 'SIGKILL');
    await once(children[0] as ChildProcess, 'exit');
    expect(isAlive(sleeper)).toBe(false);
    expect(identityOf(sleeper.pid)).toBeUndefined();
  });

  it('is not that of an earlier process, or boot, that had the number', () => {
    const sleeper = start('sleep', '300');
    expect(isAlive({ ...sleeper, started: `${sleeper.started}0` })).toBe(false);
    expect(isAlive({ ...sleeper, started: sleeper.started.replace(/^[^/]*/, 'an-earlier-boot') })).toBe(false);
  });

  const onLinux = process.platform === 'linux' ? it : it.skip;

  onLinux('is nobody’s once only a zombie has the number', async () => {
    const parent = start('sh', '-c', 'sleep 0.01 & exec sleep 300');
    const zombie = await eventually(() => {
      const [child] = readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8').split(' ');
      const pid = Number(child);
      return pid > 0 && / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')) ? pid : undefined;
    });
    expect(identityOf(zombie)).toBeUndefined();
  });

  onLinux('is read rightly of a program whose name looks like what follows it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'shiplog-name-'));
    const program = join(folder, 'a) Z 1 (b');
    copyFileSync(findTool('sleep') ?? '', program);
    chmodSync(program, 0o755);
    try {
      const named = start(program, '300');
      expect(isAlive(named)).toBe(true);
      expect(named.started).toMatch(/^[0-9a-f-]{36}\/\d+$/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the end of a process', () => {
  it('is asked for, and waited for', async () => {
    const sleeper = start('sleep', '300');
    expect(await endProcess(sleeper, { patience: 5_000 })).toBe(false);
    expect(isAlive(sleeper)).toBe(false);
  });

  it('is brought about when it does not heed, with its whole group', async () => {
    const deaf = start('sh', '-c', 'trap "" TERM; sleep 300 & while :; do sleep 0.1; done');
    const [child = 0] = await eventually(() => {
      const pids = readFileSync(`/proc/${deaf.pid}/task/${deaf.pid}/children`, 'utf8').split(' ').filter(Boolean);
      return pids.length > 0 ? pids.map(Number) : undefined;
    });
    const inGroup = identityOf(child);
    expect(await endProcess(deaf, { patience: 200 })).toBe(true);
    expect(isAlive(deaf)).toBe(false);
    if (inGroup !== undefined) expect(await hasEnded(inGroup, 5_000)).toBe(true);
  });

  it('is never that of another process which has the number by now', async () => {
    const stranger = start('sleep', '300');
    expect(await endProcess({ ...stranger, started: 'an earlier one' }, { patience: 200 })).toBe(false);
    expect(isAlive(stranger)).toBe(true);
  });

  it('is not awaited beyond one’s patience', async () => {
    expect(await hasEnded(start('sleep', '300'), 60)).toBe(false);
  });

  it('of one that is gone already is what was wanted', async () => {
    const sleeper = start('sleep', '300');
    await endProcess(sleeper, { patience: 5_000 });
    expect(() => signalProcess(sleeper.pid, 'SIGTERM')).not.toThrow();
  });
});
