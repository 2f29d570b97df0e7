import { mkdir, readdir, readFile, rmdir, stat, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ContainerAmounts } from '../runtime/runtime';
import { renderHierarchies, renderUnified } from './render/cgroup-files';

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

  constructor(
    private readonly base: string,
    private readonly root = '/sys/fs/cgroup',
  ) {}

  useDriver(driver: string): void {
    this.#driver = driver;
  }

  /** The cgroup of all pods; undefined where the engine has its own. */
  get parent(): string | undefined {
    return this.#driver === 'cgroupfs' ? join('/', this.base) : undefined;
  }

  /** The engine's CgroupParent for a pod; undefined: the engine's default. */
  parentOf(podUid: string): string | undefined {
    return this.parent !== undefined && UID.test(podUid) ? join(this.parent, `pod${podUid}`) : undefined;
  }

  /**
   * Makes a pod's cgroup before any of its containers, with what all of them together may take; nothing where the engine has
   * cgroups of its own, or this machine none to give. 0 is no limit.
   */
  async limit(podUid: string, amounts: ContainerAmounts & { readonly pids: number }): Promise<void> {
    const parent = this.parentOf(podUid);
    if (parent !== undefined) await this.#limitAt(parent, amounts);
  }

  /** Limits all pods together, as `limit` does one. A limit below what they take already is not the kernel's to set. */
  async limitAll(amounts: ContainerAmounts & { readonly pids: number }): Promise<void> {
    if (this.parent !== undefined) await this.#limitAt(this.parent, amounts);
  }

  async #limitAt(parent: string, amounts: ContainerAmounts & { readonly pids: number }): Promise<void> {
    const isUnified = existsSync(join(this.root, 'cgroup.controllers'));
    if (isUnified) await this.#delegate(parent);
    const files = isUnified ? renderUnified(amounts) : renderHierarchies(amounts);
    await Promise.all(
      files.map(async ([controller, file, value]) => {
        const path = join(this.root, controller, parent);
        await mkdir(path, { recursive: true }).catch(ignoreForbidden);
        await writeFile(join(path, file), value).catch(ignoreForbidden);
      }),
    );
  }

  /** In version 2, each cgroup says which controllers those below it have. */
  async #delegate(parent: string): Promise<void> {
    let path = this.root;
    for (const name of parent.split('/').filter((part) => part !== '')) {
      await writeFile(join(path, 'cgroup.subtree_control'), '+cpu +memory +pids').catch(ignoreForbidden);
      path = join(path, name);
      await mkdir(path, { recursive: true }).catch(ignoreForbidden);
    }
  }

  /** Takes away what the engine leaves of a pod, killing what it has forgotten. Throws while something does not end. */
  async remove(podUid: string): Promise<void> {
    const parent = this.parentOf(podUid);
    if (parent !== undefined) await this.removeAt(parent);
  }

  /** Removes a cgroup and all below it from every hierarchy, and kills what still runs there. */
  async removeAt(parent: string): Promise<void> {
    const paths = await this.#placesOf(parent);
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
    const names = await Promise.all((await this.#placesOf(join(parent, '..'))).map(directoriesIn));
    return new Set(names.flat().flatMap((name) => (name.startsWith('pod') ? [name.slice('pod'.length)] : [])));
  }

  /** Removes the cgroup of a pod of which nothing else is known: only an old one, in which nothing runs. */
  async removeUnused(podUid: string): Promise<void> {
    const paths = await this.#placesOf(this.parentOf(podUid) ?? '');
    const ages = await Promise.all(paths.map((path) => stat(path).then(({ mtimeMs }) => Date.now() - mtimeMs, gone)));
    if (ages.every((age) => age > LEFT_FOR_MS)) await Promise.all(paths.map((path) => rmdir(path).catch(gone)));
  }

  /** Where a cgroup may be: one directory in each hierarchy (version 1), or one at all (version 2). */
  async #placesOf(parent: string): Promise<string[]> {
    if (parent === '') return [];
    const candidates = ['', ...(await directoriesIn(this.root))].map((name) => join(this.root, name, parent));
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

/** Not ours to limit: the engine's limits of each container hold all the same. */
function ignoreForbidden(error: NodeJS.ErrnoException): void {
  if (!['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'EBUSY', 'EOPNOTSUPP'].includes(error.code ?? '')) throw error;
}
