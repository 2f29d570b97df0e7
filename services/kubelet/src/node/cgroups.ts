import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';

/**
 * A cgroup for each pod, so that a pod can be seen and limited as a whole. Only with the engine's cgroupfs driver: with
 * systemd's the engine wants slices, and pods then have the engine's default.
 */
export class EngineCgroups {
  #driver: string | undefined;

  constructor(private readonly base: string) {}

  useDriver(driver: string): void {
    this.#driver = driver;
  }

  /** The engine's CgroupParent for a pod; undefined: the engine's default. */
  parentOf(podUid: string): string | undefined {
    return this.#driver === 'cgroupfs' ? join('/', this.base, `pod${podUid}`) : undefined;
  }

  /** Takes away what the engine leaves behind. */
  async remove(podUid: string): Promise<void> {
    const parent = this.parentOf(podUid);
    if (parent !== undefined) await this.removeAt(parent);
  }

  /** Removes an empty cgroup from every hierarchy. */
  async removeAt(parent: string): Promise<void> {
    const controllers = (await readdir(ROOT, { withFileTypes: true })).filter((item) => item.isDirectory());
    // One directory in each hierarchy (version 1), or one at all (version 2).
    const candidates = [join(ROOT, parent), ...controllers.map((item) => join(ROOT, item.name, parent))];
    await Promise.all(candidates.map((path) => rmdir(path).catch(ignoreAbsent)));
  }
}

function ignoreAbsent(error: NodeJS.ErrnoException): void {
  // EBUSY: its last process is on its way out; an empty directory stays. EROFS, EACCES: not ours to remove.
  if (!['ENOENT', 'ENOTDIR', 'EBUSY', 'EROFS', 'EACCES', 'EPERM', 'ENOTEMPTY'].includes(error.code ?? '')) throw error;
}
