import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { removeFolder } from '../leftovers';
import type { NodeMounts } from '../mounts/node-mounts';
import type { PodDirectory } from '../pod-directory';
import { evaluateSubPath } from './evaluate-sub-path';
import { descriptorPath, openSubPath } from './open-sub-path';
import { stepsOf, subPathProblem, type SubPathUse } from './sub-path-problem';

/**
 * Parts of volumes for containers of one pod. Each is mounted on a place of the kubelet's own by its descriptor, and the engine
 * is given that place: nothing that a container does to the volume changes what another one gets.
 */
export class PodSubPaths {
  /** Containers that have some. */
  readonly #held = new Set<string>();

  constructor(
    private readonly directory: PodDirectory,
    private readonly mounts: NodeMounts,
  ) {}

  /**
   * Where the engine finds a part of a volume, until the container is released. `index`: which of the container's mounts it
   * is. Throws ContainerConfigError for what is not in the volume, or can't be made there.
   */
  async mount(root: string, subPath: string, index: number, use: SubPathUse): Promise<string> {
    const steps = stepsOf(subPath);
    const canMount = await this.mounts.available();
    try {
      return canMount ? await this.#bind(root, steps, index, use.container) : await evaluateSubPath(root, steps);
    } catch {
      throw await subPathProblem(root, subPath, use);
    }
  }

  /** A container has its mounts, or does not get them: the kubelet's own are of no use any more. */
  async release(container: string): Promise<void> {
    if (!this.#held.delete(container)) return;
    await removeFolder(this.directory.subPaths(container), this.mounts);
  }

  async #bind(root: string, steps: readonly string[], index: number, container: string): Promise<string> {
    const place = join(this.directory.subPaths(container), String(index));
    this.#held.add(container);
    const handle = await openSubPath(root, steps);
    try {
      // A kubelet before this one may have been killed before it took its own off.
      await removeFolder(place, this.mounts);
      await mkdir(this.directory.subPaths(container), { recursive: true, mode: 0o750 });
      if ((await handle.stat()).isDirectory()) await mkdir(place);
      else await writeFile(place, '');
      await this.mounts.bind(descriptorPath(handle), place);
      return place;
    } finally {
      await handle.close();
    }
  }
}
