interface Waiting {
  readonly kind: string;
  readonly begin: () => void;
}

/** So many at once, of all and of each kind; the others wait for their turn, those that came first go first. */
export class Limiter {
  #running = 0;
  readonly #ofKind = new Map<string, number>();
  readonly #waiting = new Set<Waiting>();

  constructor(
    private readonly most: number,
    private readonly mostOfKind: number,
  ) {}

  /** @param signal ends the wait for a turn: its reason is thrown then */
  async run<T>(kind: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    if (this.#hasRoom(kind)) this.#enter(kind);
    else await this.#turn(kind, signal);
    try {
      return await work();
    } finally {
      this.#leave(kind);
    }
  }

  #turn(kind: string, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const waiting = { kind, begin };
      const leave = (): void => {
        this.#waiting.delete(waiting);
        reject(signal?.reason as Error);
      };
      this.#waiting.add(waiting);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  #hasRoom(kind: string): boolean {
    return this.#running < this.most && (this.#ofKind.get(kind) ?? 0) < this.mostOfKind;
  }

  #enter(kind: string): void {
    this.#running += 1;
    this.#ofKind.set(kind, (this.#ofKind.get(kind) ?? 0) + 1);
  }

  #leave(kind: string): void {
    this.#running -= 1;
    const left = (this.#ofKind.get(kind) ?? 1) - 1;
    if (left === 0) this.#ofKind.delete(kind);
    else this.#ofKind.set(kind, left);
    for (const next of this.#waiting) {
      if (!this.#hasRoom(next.kind)) continue;
      this.#waiting.delete(next);
      this.#enter(next.kind);
      return next.begin();
    }
  }
}
