import type { LocalVolumes, Made, Removed } from './local-volumes';

/** A directory of a volume on a node. */
export interface Directory {
  readonly node: string;
  readonly volume: string;
}

interface Asked extends Directory {
  /** Whether the node is yet to answer. */
  waiting: boolean;
}

/**
 * Which directories nodes were asked to make for a claim, until each is seen to be a volume's or is given up: one whose reply was lost
 * may be there although nothing in the state says so. Only this process remembers it; an empty directory is what a restart can
 * leave behind.
 */
export class Directories {
  readonly #asked = new Map<string, Asked[]>();

  constructor(private readonly nodes: LocalVolumes) {}

  /** Has a node make the directory, for the claim of this key. */
  async make(claim: string, { node, volume }: Directory): Promise<Made> {
    const all = this.#asked.get(claim) ?? [];
    const asked = all.find((item) => isSame(item, { node, volume })) ?? { node, volume, waiting: true };
    asked.waiting = true;
    this.#asked.set(claim, [...all.filter((item) => item !== asked), asked]);
    try {
      return await this.nodes.make(node, volume);
    } finally {
      asked.waiting = false;
    }
  }

  /** Whether anything is open for a claim. */
  has(claim: string): boolean {
    return this.#asked.has(claim);
  }

  /** What is open for a claim, and whether its node has yet to answer. */
  of(claim: string): readonly Readonly<Asked>[] {
    return this.#asked.get(claim) ?? [];
  }

  /** Has a node remove a directory that is no volume's: one with anything in it stays. */
  async removeEmpty(claim: string, directory: Directory): Promise<Removed> {
    const removed = await this.nodes.remove(directory.node, directory.volume, { onlyEmpty: true });
    if (removed.ok) this.settle(claim, directory);
    return removed;
  }

  /** It is a volume's, or its node has gone with it. */
  settle(claim: string, directory: Directory): void {
    const open = this.of(claim).filter((item) => !isSame(item, directory));
    if (open.length === 0) this.#asked.delete(claim);
    else this.#asked.set(claim, open.slice());
  }
}

function isSame(a: Directory, b: Directory): boolean {
  return a.node === b.node && a.volume === b.volume;
}
