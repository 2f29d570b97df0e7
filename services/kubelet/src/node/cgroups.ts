import { readdir, readFile, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const ROOT = '/sys/fs/cgroup';
/** The kernel takes its time to end what it was told to kill (Kubernetes tries five times, podContainerManagerImpl.Destroy). */
const ATTEMPTS = 40;
const PAUSE_MS = 50;
/** A younger one may be another's, who is about to use it. */
const LEFT_FOR_MS = 60_000;
/** As uids of pods are; nothing else may become part of a path. */
const UID = /^[\w-]+$/;

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
    return this.#driver === 'cgroupfs' && UID.test(podUid) ? join('/', this.base, `pod${podUid}`) : undefined;
  }

  /** Takes away what the engine leaves of a pod, killing what it has forgotten. Throws while something does not end. */
  async remove(podUid: string): Promise<void> {
    const parent = this.parentOf(podUid);
    if (parent !== undefined) await this.removeAt(parent);
  }

  /** Removes a cgroup and all below it from every hierarchy, and kills what still runs there. */
  async removeAt(parent: string): Promise<void> {
    const paths = await placesOf(parent);
    for (let attempt = 1; ; attempt++) {
      const gone = await Promise.all(paths.map(removeTree));
      if (gone.every(Boolean)) return;
      if (attempt === ATTEMPTS) throw new Error(`processes in the cgroup ${parent} do not end`);
      await pause(PAUSE_MS);
    }
  }

  /** The uids of the pods that have a cgroup here. */
  async pods(): Promise<ReadonlySet<string>> {
    const parent = this.parentOf('x');
    if (parent === undefined) return new Set();
    const names = await Promise.all((await placesOf(join(parent, '..'))).map(directoriesIn));
    return new Set(names.flat().flatMap((name) => (name.startsWith('pod') ? [name.slice('pod'.length)] : [])));
  }

  /** Removes the cgroup of a pod of which nothing else is known: only an old one, in which nothing runs. */
  async removeUnused(podUid: string): Promise<void> {
    const paths = await placesOf(this.parentOf(podUid) ?? '');
    const ages = await Promise.all(paths.map((path) => stat(path).then(({ mtimeMs }) => Date.now() - mtimeMs, gone)));
    if (ages.every((age) => age > LEFT_FOR_MS)) await Promise.all(paths.map((path) => rmdir(path).catch(gone)));
  }
}

/** Where a cgroup may be: one directory in each hierarchy (version 1), or one at all (version 2). */
async function placesOf(parent: string): Promise<string[]> {
  if (parent === '') return [];
  const controllers = await directoriesIn(ROOT);
  const candidates = [join(ROOT, parent), ...controllers.map((name) => join(ROOT, name, parent))];
  const found = await Promise.all(
    candidates.map((path) =>
      stat(path).then(
        () => path,
        () => undefined,
      ),
    ),
  );
  return found.filter((path) => path !== undefined);
}

/** Whether the cgroup is gone, or is none of ours to remove. */
async function removeTree(path: string): Promise<boolean> {
  for (const name of await directoriesIn(path)) if (!(await removeTree(join(path, name)))) return false;
  for (const pid of await processesIn(path)) kill(pid);
  return rmdir(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => !['EBUSY', 'ENOTEMPTY'].includes(error.code ?? ''),
  );
}

async function directoriesIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries.filter((item) => item.isDirectory()).map((item) => item.name);
}

/** A process of another machine's, or container's, numbering is 0. */
async function processesIn(path: string): Promise<number[]> {
  const text = await readFile(join(path, 'cgroup.procs'), 'utf8').catch(() => '');
  return text
    .split('\n')
    .map(Number)
    .filter((pid) => pid > 1);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended, or is none of ours: then the cgroup stays, and that is told.
  }
}

const gone = (): number => Infinity;
