interface Waiting {
  readonly kind: string;
  readonly begin: () => void;
}

export interface TurnOptions {
  /** How long a turn is waited for, in milliseconds: TurnTimeout then. */
  readonly withinMs?: number;
  /** Ends the wait for a turn: its reason is thrown then. */
  readonly signal?: AbortSignal;
}

/** The turn has not come in time. */
export class TurnTimeout extends Error {}

/** So many at once, of all and of each kind; the others wait for their turn, those that came first go first. */
export class Limiter {
  #running = 0;
  readonly #ofKind = new Map<string, number>();
  readonly #waiting = new Set<Waiting>();

  constructor(
    private readonly most: number,
    private readonly mostOfKind: number,
  ) {}

  async run<T>(kind: string, work: () => Promise<T>, options: TurnOptions = {}): Promise<T> {
    options.signal?.throwIfAborted();
    if (this.#hasRoom(kind)) this.#enter(kind);
    else await this.#turn(kind, options);
    try {
      return await work();
    } finally {
      this.#leave(kind);
    }
  }

  #turn(kind: string, { withinMs, signal }: TurnOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', leave);
        this.#waiting.delete(waiting);
      };
      const begin = (): void => {
        settle();
        resolve();
      };
      const leave = (): void => {
        settle();
        reject(signal?.aborted === true ? (signal.reason as Error) : new TurnTimeout());
      };
      const waiting = { kind, begin };
      const timer = withinMs === undefined ? undefined : setTimeout(leave, withinMs);
      this.#waiting.add(waiting);
      signal?.addEventListener('abort', leave);
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
      this.#enter(next.kind);
      return next.begin();
    }
  }
}
