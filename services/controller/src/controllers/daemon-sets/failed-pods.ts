/** How long a failed pod of a node waits for its replacement, by node. */
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
const LONGEST_MS = 15 * 60_000;

/** How much longer a node's failed pod stays as it is; 0 when it may be replaced now. */
export function leftMs(waits: Waits, node: string, nowMs: number): number {
  const wait = Object.hasOwn(waits, node) ? waits[node] : undefined;
  if (wait === undefined || isForgotten(wait, nowMs)) return 0;
  // A clock that was set back makes nobody wait for longer than the delay.
  return Math.min(wait.delayMs, Math.max(0, wait.sinceMs + wait.delayMs - nowMs));
}

/** A node that has been well for long enough begins anew. */
function isForgotten({ sinceMs }: Wait, nowMs: number): boolean {
  return nowMs - sinceMs > 2 * LONGEST_MS;
}

/**
 * Pods that fail again and again, for a node that refuses them for example, are replaced after 1, 2, 4 … seconds, at most a
 * quarter of an hour: by node, anew for each change of the set. Kept in memory alone, as by Kubernetes.
 */
export class FailedPods {
  readonly #sets = new Map<string, Memory>();

  /** What is remembered of a set. @param of tells one set, in one version of what is wanted, from any other under its key */
  waitsOf(key: string, of: string): Waits {
    const memory = this.#sets.get(key);
    return memory?.of === of ? { ...memory.waits } : {};
  }

  /** Failed pods of these nodes are replaced. */
  replaced(key: string, of: string, nodes: readonly string[], nowMs: number): void {
    if (nodes.length === 0) return;
    const known = Object.entries(this.waitsOf(key, of)).filter(([, wait]) => !isForgotten(wait, nowMs));
    const waits = Object.fromEntries(known);
    for (const node of nodes) {
      const before = waits[node]?.delayMs;
      waits[node] = { sinceMs: nowMs, delayMs: before === undefined ? FIRST_MS : Math.min(2 * before, LONGEST_MS) };
    }
    this.#sets.set(key, { of, waits });
  }

  /** There is no such set any more. */
  forget(key: string): void {
    this.#sets.delete(key);
  }
}
