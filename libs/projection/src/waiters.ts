interface Waiter {
  position: number;
  resolve: () => void;
}

/** Those who wait for a position to be reached. */
export class Waiters {
  #waiting = new Set<Waiter>();

  /** Resolves when the position is reached, rejects after `timeoutMs`. */
  wait(position: number, timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(waiter);
        reject(new Error(`position ${position} was not reached within ${timeoutMs} ms`));
      }, timeoutMs);
      const waiter: Waiter = {
        position,
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      this.#waiting.add(waiter);
    });
  }

  reached(position: number): void {
    for (const waiter of this.#waiting) {
      if (waiter.position > position) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
  }
}
