import { chmod, lstat, mkdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { dnsSubdomain, statusOf } from '@shiplog/apimachinery';
import { StatusError } from '@shiplog/contracts';
import { CONFIG } from '@shiplog/service';
import { References } from '../../references/references';
import type { KubeletConfig } from '../../settings';
import { removeFolder } from '../leftovers';
import { NodeMounts } from '../mounts/node-mounts';

/** A pod that has just gone from the log has not gone from the node yet. */
const PATIENCE_MS = 10_000;

/**
 * The directories of volumes that were made for claims, on this node. A volume's name is one step of a path, and nothing else of a
 * volume has a say in where its directory is: none leads out of theirs. How much is written into one is not limited.
 */
@Injectable()
export class LocalVolumes {
  readonly #removals = new Map<string, Promise<void>>();

  constructor(
    @Inject(CONFIG) private readonly config: Pick<KubeletConfig, 'stateDir'>,
    private readonly mounts: NodeMounts,
    @Inject(References) private readonly references: Pick<References, 'unused'>,
  ) {}

  /** The path of a volume's directory, which everybody may write in; one that is there stays as it is. Throws StatusError for a name that is none. */
  async make(volume: string): Promise<string> {
    const path = this.#pathOf(volume);
    await mkdir(this.#root, { recursive: true, mode: 0o750 });
    if (await isDirectory(path)) return path;
    await mkdir(path);
    await chmod(path, 0o777);
    return path;
  }

  /**
   * Resolves when a volume's directory is not there any more. Throws StatusError where a pod of this node goes on having the volume,
   * and for a name that is none.
   */
  async remove(volume: string): Promise<void> {
    const path = this.#pathOf(volume);
    await this.references.unused(volume, AbortSignal.timeout(PATIENCE_MS)).catch(() => {
      throw new StatusError(statusOf.conflict('persistentvolumes', volume, 'a pod of the node still has it'));
    });
    const going = this.#removals.get(volume) ?? this.#remove(path).finally(() => this.#removals.delete(volume));
    this.#removals.set(volume, going);
    await going;
  }

  /** Removes a volume's directory if there is nothing in it; a link, a file and what is not there stay as they are. */
  async removeEmpty(volume: string): Promise<void> {
    const path = this.#pathOf(volume);
    if (!(await isDirectory(path))) return;
    await rmdir(path).catch((error: NodeJS.ErrnoException) => {
      if (!['ENOTEMPTY', 'EEXIST', 'ENOENT', 'EBUSY'].includes(error.code ?? '')) throw error;
    });
  }

  async #remove(path: string): Promise<void> {
    if (await isDirectory(path)) await removeFolder(path, this.mounts);
  }

  get #root(): string {
    return join(this.config.stateDir, 'local-volumes');
  }

  #pathOf(volume: string): string {
    const [wrong] = dnsSubdomain(volume);
    if (wrong !== undefined)
      throw new StatusError(statusOf.badRequest(`${JSON.stringify(volume)} is no volume: ${wrong}`));
    return join(this.#root, volume);
  }
}

/** A link is none. */
async function isDirectory(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isDirectory() === true;
}
