import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** Names one run of one process for good: a process number alone is given out again, also by the next boot. */
export interface ProcessIdentity {
  pid: number;
  /** Opaque; equal only for the same run. */
  started: string;
}

/** Who runs under a process number now; undefined when nobody does (a zombie is nobody). */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const started = process.platform === 'linux' ? startedOnLinux(pid) : startedElsewhere(pid);
  return started === undefined ? undefined : { pid, started };
}

/** This process. */
export function ownIdentity(): ProcessIdentity {
  const identity = identityOf(process.pid);
  if (identity === undefined) throw new Error(`no process ${process.pid} is found, which is this one`);
  return identity;
}

/** Whether that very process still runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  const found = identityOf(identity.pid);
  return found !== undefined && found.started === identity.started;
}

function startedOnLinux(pid: number): string | undefined {
  const path = `/proc/${pid}/stat`;
  if (!existsSync(path)) return undefined;
  let stat: string;
  try {
    stat = readFileSync(path, 'utf8');
  } catch {
    return undefined; // It ended between the two calls.
  }
  // The command's name, in parentheses, may hold spaces: count fields after it. State is the 3rd, start time the 22nd.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return `${bootId()}/${fields[19]}`;
}

function startedElsewhere(pid: number): string | undefined {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined; // ps fails when there is no such process.
  }
}

let boot: string | undefined;
function bootId(): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return boot;
}
