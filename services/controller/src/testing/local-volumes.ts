import type { LocalVolumes, Made, Removed } from '../controllers/volumes/local-volumes';

/** Nodes with directories, in memory. */
export class MemoryVolumes implements LocalVolumes {
  /** `node/volume` of each that there is. */
  readonly directories = new Set<string>();
  /** Those of them that have something in them. */
  readonly filled = new Set<string>();
  /** Why a node doesn't do it; undefined: it does. One whose reply is lost has done it. */
  failing: (node: string) => 'unreachable' | 'reply lost' | undefined = () => undefined;

  make(node: string, volume: string): Promise<Made> {
    const problem = this.failing(node);
    if (problem !== 'unreachable') this.directories.add(`${node}/${volume}`);
    return Promise.resolve(problem === undefined ? { ok: true, path: `/volumes/${volume}` } : { ok: false, problem });
  }

  remove(node: string, volume: string, { onlyEmpty = false } = {}): Promise<Removed> {
    const problem = this.failing(node);
    const name = `${node}/${volume}`;
    const stays = problem === 'unreachable' || (onlyEmpty && this.filled.has(name));
    if (!stays) this.directories.delete(name);
    return Promise.resolve(problem === undefined ? { ok: true } : { ok: false, problem });
  }
}
