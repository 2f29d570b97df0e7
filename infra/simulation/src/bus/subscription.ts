import type { Msg, NatsError, Subscription, SubscriptionOptions } from 'nats';

/** A subscription as nats.js has it: with a callback, or to be iterated. */
export class SimSubscription {
  #closed = false;
  #queue: Msg[] = [];
  #wake: (() => void) | undefined;
  #received = 0;

  constructor(
    readonly sid: number,
    readonly subject: string,
    readonly options: SubscriptionOptions,
    private readonly ended: (subscription: SimSubscription) => void,
  ) {}

  /** What libs see of it. */
  get handle(): Subscription {
    return this as unknown as Subscription;
  }

  deliver(message: Msg): void {
    if (this.#closed) return;
    this.#received++;
    const { callback, max } = this.options;
    if (callback !== undefined) callback(null as NatsError | null, message);
    else {
      this.#queue.push(message);
      this.#wake?.();
    }
    if (max !== undefined && this.#received >= max) this.unsubscribe();
  }

  unsubscribe(): void {
    if (this.#closed) return;
    this.close();
    this.ended(this);
  }

  /** The connection is gone. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  async drain(): Promise<void> {
    this.unsubscribe();
    await Promise.resolve();
  }

  isClosed(): boolean {
    return this.#closed;
  }

  isDraining(): boolean {
    return false;
  }

  getSubject(): string {
    return this.subject;
  }

  getID(): number {
    return this.sid;
  }

  /** What has come before the end is still handed out, as nats.js does. */
  async *[Symbol.asyncIterator](): AsyncIterator<Msg> {
    for (;;) {
      if (this.#queue.length === 0 && !this.#closed) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        this.#wake = undefined;
      }
      const queue = this.#queue;
      this.#queue = [];
      yield* queue;
      if (this.#closed && this.#queue.length === 0) return;
    }
  }
}
