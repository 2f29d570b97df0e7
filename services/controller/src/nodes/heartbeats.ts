/** Signals arrive about every second while the bus works; when none does for so long, none could have arrived. */
const DEAF_AFTER_MS = 3_000;

/**
 * When each node was last heard of, as seen from here. A silence counts only for as long as signals of any kind kept
 * arriving: with the bus away or this process stalled, silence says nothing about a node. Times are arguments,
 * milliseconds of one clock.
 */
export class Heartbeats {
  private readonly last = new Map<string, number>();
  private lastSignal: number | undefined;
  /** Since when signals have been arriving without a break. */
  private listeningSince = 0;

  /** A signal of any kind arrived. */
  alive(nowMs: number): void {
    if (!this.isListening(nowMs)) this.listeningSince = nowMs;
    this.lastSignal = nowMs;
  }

  /** A node's own signal arrived. */
  heard(node: string, nowMs: number): void {
    this.alive(nowMs);
    this.last.set(node, nowMs);
  }

  forget(node: string): void {
    this.last.delete(node);
  }

  /** When the node was last heard of, if ever. */
  lastHeard(node: string): number | undefined {
    return this.last.get(node);
  }

  /** For how long the node, which exists since `knownSinceMs`, has certainly been silent; undefined while deaf. */
  silence(node: string, knownSinceMs: number, nowMs: number): number | undefined {
    if (!this.isListening(nowMs)) return undefined;
    return Math.max(0, nowMs - Math.max(this.listeningSince, this.last.get(node) ?? 0, knownSinceMs));
  }

  private isListening(nowMs: number): boolean {
    return this.lastSignal !== undefined && nowMs - this.lastSignal <= DEAF_AFTER_MS;
  }
}
