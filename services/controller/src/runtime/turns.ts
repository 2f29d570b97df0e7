/** How long work may keep the event loop from all else, in milliseconds. */
const TURN_MS = 8;

/** Does some work, and stops at the time given; what is left asks for a turn of its own. */
export type Work = (until: number) => void;

/**
 * Has several do long work in turns, between which the event loop goes on: all of them together keep it no longer than one would. Who asks
 * again stands behind those that wait, so that one with little to do is not kept by one with much.
 */
export class Turns {
  private readonly waiting = new Set<Work>();
  private next: NodeJS.Immediate | undefined;

  constructor(private readonly turnMs = TURN_MS) {}

  /** Asks for a turn; asking twice is asking once. */
  ask(work: Work): void {
    this.waiting.add(work);
    this.next ??= setImmediate(() => this.run());
  }

  /** Takes back what was asked for. */
  forget(work: Work): void {
    this.waiting.delete(work);
  }

  private run(): void {
    const until = performance.now() + this.turnMs;
    try {
      for (const work of [...this.waiting]) {
        this.waiting.delete(work);
        work(until);
        if (performance.now() >= until) break;
      }
    } finally {
      this.next = this.waiting.size === 0 ? undefined : setImmediate(() => this.run());
    }
  }
}
