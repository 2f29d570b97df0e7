import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  cgroupPathOf,
  parseCount,
  VERSION_1,
  VERSION_2,
  type CgroupFiles,
  type MemoryUsage,
} from './domain/cgroup-files';

/**
 * Reads what cgroups use, of either version. Their files are the kernel's memory, never a disk: to read one at once takes less
 * than to hand it to a thread. Undefined is what isn't there (any more), or not ours to see.
 */
export class CgroupReader {
  readonly #files: CgroupFiles;

  constructor(private readonly root = '/sys/fs/cgroup') {
    this.#files = existsSync(join(root, 'cgroup.controllers')) ? VERSION_2 : VERSION_1;
  }

  /** Nanoseconds of all processors, since the cgroup was made. */
  cpu(path: string): number | undefined {
    const [controller, file] = this.#files.cpu;
    const text = this.#read(controller, path, file);
    return text === undefined ? undefined : this.#files.parseCpu(text);
  }

  memory(path: string): MemoryUsage | undefined {
    const [controller, usage, statistics] = this.#files.memory;
    const text = this.#read(controller, path, statistics);
    return text === undefined ? undefined : this.#files.parseMemory(this.#read(controller, path, usage), text);
  }

  /** Processes and threads. The root has no such count. */
  processes(path: string): number | undefined {
    const [controller, file] = this.#files.processes;
    return parseCount(this.#read(controller, path, file) ?? '');
  }

  /** The cgroup of a container by its first process; undefined unless that runs on this machine. */
  pathOf(containerId: string, pid: number): string | undefined {
    const text = textOf(`/proc/${pid}/cgroup`);
    return text === undefined ? undefined : cgroupPathOf(text, containerId, this.#files);
  }

  #read(controller: string, path: string, file: string): string | undefined {
    return textOf(join(this.root, controller, path, file));
  }
}

/** ENODEV: it goes while it is read. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ENODEV', 'ENOTDIR', 'ESRCH', 'EACCES', 'EPERM', 'EOPNOTSUPP'].includes(code)) return undefined;
    throw error;
  }
}
