import { BackOff, type BackOffBounds } from './back-off';

export interface SyncLoopOptions {
  /** Brings everything up to date that has changed before it began. */
  readonly run: () => Promise<void>;
  readonly backOff: BackOffBounds;
  /** Each failure, with the wait before the next attempt. */
  readonly onError: (error: unknown, waitMs: number) => void;
}

/**
 * Level-triggered: one run at a time; whatever wakes it meanwhile is seen to by one run more, and a failed one is
 * tried again after a back-off, which no wake shortens.
 */
export class SyncLoop {
  readonly #options: SyncLoopOptions;
  readonly #backOff: BackOff;
  readonly #intervals: NodeJS.Timeout[] = [];
  #running: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isDue = false;
  #isStopped = false;

  constructor(options: SyncLoopOptions) {
    this.#options = options;
    this.#backOff = new BackOff(options.backOff);
  }

  /** Something may be otherwise than it should. */
  wake(): void {
    this.#isDue = true;
    if (this.#isStopped || this.#running !== undefined || this.#retry !== undefined) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (this.#isDue) this.wake();
    });
  }

  /** Wakes it regularly until it is stopped. */
  wakeEvery(ms: number, before: () => void = () => undefined): void {
    const interval = setInterval(() => {
      before();
      this.wake();
    }, ms);
    interval.unref();
    this.#intervals.push(interval);
  }

  /** Begins no other run; resolves when the one that goes on has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const interval of this.#intervals.splice(0)) clearInterval(interval);
    clearTimeout(this.#retry);
    await this.#running;
  }

  async #run(): Promise<void> {
    this.#isDue = false;
    try {
      await this.#options.run();
      this.#backOff.succeeded();
    } catch (error) {
      if (this.#isStopped) return;
      const waitMs = this.#backOff.failed();
      this.#isDue = true;
      this.#retry = setTimeout(() => {
        this.#retry = undefined;
        this.wake();
      }, waitMs);
      this.#options.onError(error, waitMs);
    }
  }
}
