import { setTimeout as delay } from 'node:timers/promises';
import { PositionQuery } from '@shiplog/contracts';
import type { Bus } from '@shiplog/bus';

const EVERY_MS = 200;
/** The journal answers within this, whatever else it is asked. */
export const ANSWER_MS = 1_000;

/** Asks the journal for its position again and again, and notes when it was late: beyond the delay of this process itself. */
export class JournalProbe {
  readonly late: { readonly at: number; readonly milliseconds: number }[] = [];
  slowest = 0;
  asked = 0;
  #stopped = false;
  readonly #loop: Promise<void>;

  constructor(private readonly bus: Bus) {
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const pause = performance.now();
      await delay(EVERY_MS);
      const own = performance.now() - pause - EVERY_MS;
      const started = performance.now();
      await this.bus.ask(PositionQuery, {}, {}, { timeoutMs: 20 * ANSWER_MS }).catch(() => undefined);
      // What this process and a busy machine add shows in how late its own timers are.
      const milliseconds = performance.now() - started - 10 * Math.max(0, own);
      this.asked += 1;
      this.slowest = Math.max(this.slowest, milliseconds);
      if (milliseconds > ANSWER_MS) this.late.push({ at: started, milliseconds });
    }
  }
}
