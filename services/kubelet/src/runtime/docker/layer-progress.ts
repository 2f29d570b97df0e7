import type { PullProgress } from '../runtime';

/** Layers of an image that are kept count of: what an engine says of more is not heard. */
const MOST_LAYERS = 1_000;

/** What the engine says of single layers, added up. */
export class LayerProgress {
  readonly #layers = new Map<string, PullProgress>();

  /** Takes in one step of a pull; answers whether it says how much has come. */
  add(step: unknown): boolean {
    const { id, status, progressDetail } = (step ?? {}) as {
      id?: unknown;
      status?: unknown;
      progressDetail?: { current?: unknown; total?: unknown };
    };
    const { current, total } = progressDetail ?? {};
    if (status !== 'Downloading' || typeof id !== 'string') return false;
    if (typeof current !== 'number' || typeof total !== 'number') return false;
    if (!this.#layers.has(id) && this.#layers.size >= MOST_LAYERS) return false;
    this.#layers.set(id, { currentBytes: current, totalBytes: total });
    return true;
  }

  get total(): PullProgress {
    let [currentBytes, totalBytes] = [0, 0];
    for (const layer of this.#layers.values()) {
      currentBytes += layer.currentBytes;
      totalBytes += layer.totalBytes;
    }
    return { currentBytes, totalBytes };
  }
}
