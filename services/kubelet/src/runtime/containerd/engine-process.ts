import { access, readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineLimits } from '../runtime';
import { missingCapabilitiesIn } from '../capabilities';

/** In the flags of a line of /proc/net/unix: somebody listens (__SO_ACCEPTCON). */
const LISTENS = '00010000';

/** The process that listens at a socket of this machine, as the kernel shows it. */
export class EngineProcess {
  #pid: number | undefined;

  constructor(private readonly socket: string) {}

  /** Whether a path is there for the engine, which may have mounts of its own. Where it can't be seen, it has this process' mounts. */
  async findsPath(path: string): Promise<boolean> {
    const pid = await this.#find();
    const seen = pid === undefined ? path : join(`/proc/${pid}/root`, path);
    return access(seen).then(
      () => true,
      () => false,
    );
  }

  /**
   * What it can't give: no process of its own ever has more than its bounding set. Raised limits are among what makes a
   * container privileged, so that takes all of them.
   */
  async limits(): Promise<EngineLimits> {
    const pid = await this.#find();
    const status = pid === undefined ? '' : await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    const missing = missingCapabilitiesIn(status);
    return {
      negativeOomScore: !missing.includes('SYS_RESOURCE'),
      privileged: missing.length === 0,
      missingCapabilities: missing,
    };
  }

  /** Undefined for one that is none of this machine's, or of this process' to look at. */
  async #find(): Promise<number | undefined> {
    const inode = await inodeOf(this.socket);
    if (inode === undefined) return undefined;
    if (this.#pid !== undefined && (await holds(this.#pid, inode))) return this.#pid;
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
    this.#pid = undefined;
    for (const pid of pids) if (await holds(pid, inode)) return (this.#pid = pid);
    return undefined;
  }
}

/** The inode of the socket that listens at a path, in this network namespace. */
async function inodeOf(path: string): Promise<string | undefined> {
  const real = await realpath(path).catch(() => path);
  const table = await readFile('/proc/net/unix', 'utf8').catch(() => '');
  for (const line of table.split('\n')) {
    const [, , , flags, , , inode, at] = line.split(/\s+/);
    if (flags === LISTENS && (at === real || at === path)) return inode;
  }
  return undefined;
}

async function holds(pid: number, inode: string): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const wanted = `socket:[${inode}]`;
  const names = await readdir(folder).catch(() => []);
  for (const name of names) if ((await readlink(join(folder, name)).catch(() => '')) === wanted) return true;
  return false;
}
