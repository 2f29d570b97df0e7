/**
 * How many pods may start at once: past about four, an engine on two cores only makes each of them slower. A pod holds
 * one place while any of its starts goes on.
 */
export class StartLimiter {
  readonly #holders = new Map<string, number>();
  readonly #waiting: { uid: string; enter: () => void }[] = [];

  constructor(private readonly places: number) {}

  /** Resolves when the pod has a place; each call is to be answered by a `leave`. */
  enter(uid: string): Promise<void> {
    return this.#enter(uid, (waiting) => this.#waiting.push(waiting));
  }

  #enter(uid: string, queue: (waiting: { uid: string; enter: () => void }) => void): Promise<void> {
    const held = this.#holders.get(uid);
    if (held !== undefined || this.#holders.size < this.places) {
      this.#holders.set(uid, (held ?? 0) + 1);
      return Promise.resolve();
    }
    return new Promise((enter) => queue({ uid, enter }));
  }

  leave(uid: string): void {
    const held = this.#holders.get(uid) ?? 0;
    if (held > 1) {
      this.#holders.set(uid, held - 1);
      return;
    }
    this.#holders.delete(uid);
    const next = this.#waiting[0]?.uid;
    if (next === undefined) return;
    // All of a pod's starts come in together.
    for (let i = this.#waiting.length - 1; i >= 0; i--) {
      const item = this.#waiting[i];
      if (item?.uid !== next) continue;
      this.#waiting.splice(i, 1);
      this.#holders.set(next, (this.#holders.get(next) ?? 0) + 1);
      item.enter();
    }
  }

  /** Waits for what is not the engine's, outside the pod's place; comes back ahead of all that have not begun. */
  async outside<T>(uid: string, work: () => Promise<T>): Promise<T> {
    this.leave(uid);
    try {
      return await work();
    } finally {
      await this.#enter(uid, (waiting) => this.#waiting.unshift(waiting));
    }
  }

  /** Runs some of a pod's work in its place. */
  async within<T>(uid: string, work: () => Promise<T>): Promise<T> {
    await this.enter(uid);
    try {
      return await work();
    } finally {
      this.leave(uid);
    }
  }
}
