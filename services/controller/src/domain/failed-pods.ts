/** How long failed pods wait for their replacement, by what they stand for: a node, or a name. */
export type Waits = Readonly<Record<string, Wait>>;

interface Wait {
  /** When the one before was replaced, in milliseconds since 1970. */
  readonly sinceMs: number;
  readonly delayMs: number;
}

interface Memory {
  readonly of: string;
  readonly waits: Record<string, Wait>;
}

const FIRST_MS = 1_000;

/** How much longer a failed pod stays as it is; 0 when it may be replaced now. */
export function leftMs(waits: Waits, place: string, nowMs: number): number {
  const wait = Object.hasOwn(waits, place) ? waits[place] : undefined;
  if (wait === undefined) return 0;
  // A clock that was set back makes nobody wait for longer than the delay.
  return Math.min(wait.delayMs, Math.max(0, wait.sinceMs + wait.delayMs - nowMs));
}

/**
 * Pods that fail again and again, for a node that refuses them for example, are replaced at once, then after 1, 2, 4 … seconds:
 * anew for each change of their set, and once none has failed for twice the longest wait. Kept in memory alone, as by Kubernetes.
 */
export class FailedPods {
  readonly #sets = new Map<string, Memory>();

  constructor(private readonly longestMs: number) {}

  /** What is remembered of a set. @param of tells one set, in one version of what is wanted, from any other under its key */
  waitsOf(key: string, of: string, nowMs: number): Waits {
    const memory = this.#sets.get(key);
    const waits = memory?.of === of ? Object.entries(memory.waits) : [];
    return Object.fromEntries(waits.filter(([, { sinceMs }]) => nowMs - sinceMs <= 2 * this.longestMs));
  }

  /** Failed pods of these places are replaced. */
  replaced(key: string, of: string, places: readonly string[], nowMs: number): void {
    if (places.length === 0) return;
    const waits: Record<string, Wait> = { ...this.waitsOf(key, of, nowMs) };
    for (const place of places) {
      const before = waits[place]?.delayMs;
      waits[place] = {
        sinceMs: nowMs,
        delayMs: before === undefined ? FIRST_MS : Math.min(2 * before, this.longestMs),
      };
    }
    this.#sets.set(key, { of, waits });
  }

  /** There is no such set any more. */
  forget(key: string): void {
    this.#sets.delete(key);
  }
}
