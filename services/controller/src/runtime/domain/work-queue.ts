/** A key that is due, with the event that woke it (absent: a timer or a resync). */
export interface DueKey {
  readonly key: string;
  readonly cause?: number;
}

/**
 * The keys that want attention, each at most once and never twice at the same time. A key that is woken while it runs,
 * or while it waits for its own last write to be seen, is due again right after. Holds no clock: times are arguments.
 */
export class WorkQueue {
  private readonly due = new Map<string, number | undefined>();
  private readonly later = new Map<string, number>();
  private readonly running = new Set<string>();
  /** Keys left alone until the projection stands at the position given. */
  private readonly held = new Map<string, number>();
  private position = 0;

  /** Wakes a key. The newest cause is kept. */
  add(key: string, cause?: number): void {
    const earlier = this.due.get(key);
    this.due.set(key, cause ?? earlier);
  }

  /** Wakes a key at a time; of several times the earliest counts. */
  addAt(key: string, atMs: number): void {
    const planned = this.later.get(key);
    if (planned === undefined || atMs < planned) this.later.set(key, atMs);
  }

  /** Leaves a key alone until `reached` is told this position. */
  hold(key: string, position: number): void {
    this.held.set(key, Math.max(position, this.held.get(key) ?? 0));
  }

  /** The projection stands at a position: frees the keys that waited for it, or all when the log was set back. */
  reached(position: number): void {
    if (position < this.position) this.held.clear();
    this.position = position;
    for (const [key, until] of this.held) if (until <= position) this.held.delete(key);
  }

  /** Takes up to `limit` due keys that neither run nor are held; each must be given back with `done`. */
  take(nowMs: number, limit: number): DueKey[] {
    for (const [key, at] of this.later) {
      if (at > nowMs) continue;
      this.later.delete(key);
      this.add(key);
    }
    const taken: DueKey[] = [];
    for (const [key, cause] of this.due) {
      if (taken.length >= limit) break;
      if (this.running.has(key) || this.held.has(key)) continue;
      this.due.delete(key);
      this.later.delete(key);
      this.running.add(key);
      taken.push({ key, cause });
    }
    return taken;
  }

  /** A taken key was dealt with. */
  done(key: string): void {
    this.running.delete(key);
  }

  /** When the next timed key is due, in the milliseconds of `addAt`. */
  nextAt(): number | undefined {
    let next: number | undefined;
    for (const at of this.later.values()) if (next === undefined || at < next) next = at;
    return next;
  }

  /** How many keys are due, running or held. */
  get size(): number {
    return new Set([...this.due.keys(), ...this.running, ...this.held.keys()]).size;
  }

  /** Forgets all that is not running. */
  clear(): void {
    this.due.clear();
    this.later.clear();
    this.held.clear();
  }
}
