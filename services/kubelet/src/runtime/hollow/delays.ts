import type { Clock } from './clock';
import type { Span } from './domain/lifecycle';

/** The times that lifecycles take. */
export class Delays {
  constructor(
    readonly clock: Clock,
    /** From 0 to 1. */
    private readonly random: () => number,
  ) {}

  /** Milliseconds. */
  draw({ fromMs, toMs }: Span): number {
    return fromMs === toMs ? fromMs : fromMs + this.random() * (toMs - fromMs);
  }

  /** Resolves when such a time has passed; rejects with the reason when `signal` aborts. */
  async pass(span: Span, signal?: AbortSignal): Promise<void> {
    const milliseconds = this.draw(span);
    if (milliseconds > 0) await this.#after(milliseconds, signal);
    signal?.throwIfAborted();
  }

  #after(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const cancel = this.clock.after(milliseconds, end);
      signal?.addEventListener('abort', end, { once: true });
    });
  }
}
