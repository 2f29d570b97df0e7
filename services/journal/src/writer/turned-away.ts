import type { CommandReply } from '@shiplog/contracts';

/** How long a repetition may be on its way after its first delivery was answered. */
const KEPT_MS = 2_000;
const MOST = 10_000;

/**
 * Commands that were answered without a decision (too much to do, a defect): not for good, but for as long as a
 * repetition that its sender had sent before it heard may still arrive. Decided then, it would have the effect that
 * its sender was just told it has not.
 */
export class TurnedAway {
  readonly #until = new Map<string, { readonly reply: CommandReply; readonly until: number }>();

  constructor(private readonly now: () => number) {}

  add(id: string, reply: CommandReply): void {
    this.#until.delete(id);
    this.#until.set(id, { reply, until: this.now() + KEPT_MS });
    for (const [oldest, { until }] of this.#until) {
      if (this.#until.size <= MOST && until > this.now()) return;
      this.#until.delete(oldest);
    }
  }

  get(id: string): CommandReply | undefined {
    if (this.#until.size === 0) return undefined;
    const found = this.#until.get(id);
    return found === undefined || found.until <= this.now() ? undefined : found.reply;
  }
}
