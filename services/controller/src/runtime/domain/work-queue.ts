import { TimedKeys } from './timed-keys';

/** A key that is due, with the event that woke it (absent: a timer or a resync). */
export interface DueKey {
  readonly key: string;
  readonly cause?: number;
}

/**
 * The keys that want attention, each at most once and never twice at the same time. A key that is woken while it runs,
 * or while it waits for its own last write to be seen, is due again right after. Holds no clock: times are arguments.
 * To take the next one costs the same, however many others are due, planned or at rest.
 */
export class WorkQueue {
  /** Of those that neither run nor are held. */
  private readonly due = new Map<string, number | undefined>();
  /** Stands before all of them: a map keeps the places of what was taken from it for a while, and a new look would begin with those. */
  private ahead = this.due.entries();
  /** Woken while they ran or were held. */
  private readonly woken = new Map<string, number | undefined>();
  private readonly later = new TimedKeys();
  private readonly running = new Set<string>();
  /** Keys left alone until the projection stands at the position given. */
  private readonly held = new Map<string, number>();
  private position = 0;

  /** Wakes a key. The newest cause is kept. */
  add(key: string, cause?: number): void {
    const keys = this.rests(key) ? this.woken : this.due;
    keys.set(key, cause ?? keys.get(key));
  }

  /** Wakes a key at a time; of several times the earliest counts. */
  addAt(key: string, atMs: number): void {
    this.later.add(key, atMs);
  }

  /** Leaves a key alone until `reached` is told this position. */
  hold(key: string, position: number): void {
    this.held.set(key, Math.max(position, this.held.get(key) ?? 0));
    if (!this.due.has(key)) return;
    this.woken.set(key, this.due.get(key));
    this.due.delete(key);
  }

  /** The projection stands at a position: frees the keys that waited for it, or all when the log was set back. */
  reached(position: number): void {
    const isSetBack = position < this.position;
    this.position = position;
    for (const [key, until] of this.held) {
      if (!isSetBack && until > position) continue;
      this.held.delete(key);
      this.release(key);
    }
  }

  /** Takes up to `limit` due keys that neither run nor are held; each must be given back with `done`. */
  take(nowMs: number, limit: number): DueKey[] {
    for (let key = this.later.takeUntil(nowMs); key !== undefined; key = this.later.takeUntil(nowMs)) this.add(key);
    const taken: DueKey[] = [];
    while (taken.length < limit && this.due.size > 0) {
      const { done, value } = this.ahead.next();
      // Those that came after it had come to an end.
      if (done === true) this.ahead = this.due.entries();
      else taken.push(this.begin(...value));
    }
    return taken;
  }

  /** A taken key was dealt with. */
  done(key: string): void {
    this.running.delete(key);
    this.release(key);
  }

  /** When the next timed key is due, in the milliseconds of `addAt`. */
  nextAt(): number | undefined {
    return this.later.next();
  }

  /** How many keys are due, running or held. */
  get size(): number {
    return this.due.size + new Set([...this.running, ...this.held.keys()]).size;
  }

  /** Forgets all that is not running. */
  clear(): void {
    for (const keys of [this.due, this.woken, this.later, this.held]) keys.clear();
  }

  private begin(key: string, cause: number | undefined): DueKey {
    this.due.delete(key);
    this.later.delete(key);
    this.running.add(key);
    return { key, cause };
  }

  private rests(key: string): boolean {
    return this.running.has(key) || this.held.has(key);
  }

  /** What was woken meanwhile is due, once nothing keeps it. */
  private release(key: string): void {
    if (this.rests(key) || !this.woken.has(key)) return;
    this.due.set(key, this.woken.get(key));
    this.woken.delete(key);
  }
}
