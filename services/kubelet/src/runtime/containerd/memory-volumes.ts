import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RuntimeError, type MemoryVolumeSpec } from '../runtime';
import { removeFolder } from '../../volumes/leftovers';
import { NodeMounts } from '../../volumes/mounts/node-mounts';

/**
 * Volumes in memory, by the pods that have them: this runtime has none of its own, so they are mounts of the kubelet's. A
 * runtime that does not see those can have none.
 */
export class MemoryVolumes {
  readonly #mounts: NodeMounts;

  constructor(
    private readonly folder: string,
    runtime: { findsPath(path: string): Promise<boolean> },
  ) {
    this.#mounts = new NodeMounts(runtime, folder);
  }

  async create(name: string, { podUid, sizeBytes, gid }: MemoryVolumeSpec): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    if (!(await this.#mounts.available()))
      throw new RuntimeError('refused', "the container runtime does not see the kubelet's mounts");
    await this.#mounts.inMemory(join(this.folder, podUid, name), { sizeBytes, ...(gid === undefined ? {} : { gid }) });
  }

  async pathOf(name: string): Promise<string> {
    for (const podUid of await namesIn(this.folder)) {
      if ((await namesIn(join(this.folder, podUid))).includes(name)) return join(this.folder, podUid, name);
    }
    throw new RuntimeError('not-found', `there is no volume ${name}`);
  }

  async remove(podUid: string): Promise<void> {
    await removeFolder(join(this.folder, podUid), this.#mounts);
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
}
