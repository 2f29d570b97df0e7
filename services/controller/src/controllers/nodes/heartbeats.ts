/**
 * When each node was last heard of, as seen from here. A silence counts only between two signs that this process hears
 * the bus, and only while those came without a break: with the bus away or the process stalled, silence says nothing
 * about a node. Times are arguments, milliseconds of one clock.
 */
export class Heartbeats {
  private readonly last = new Map<string, number>();
  private lastHeardBus: number | undefined;
  /** Since when signs have been coming without a break. */
  private heardSince = 0;

  /** A pause between two signs that is longer than `breakMs` is a break. */
  constructor(private readonly breakMs: number) {}

  /** A sign that the bus is heard: everything sent well before has arrived. */
  heardBus(nowMs: number): void {
    if (this.lastHeardBus === undefined || nowMs - this.lastHeardBus > this.breakMs) this.heardSince = nowMs;
    this.lastHeardBus = nowMs;
  }

  /** A node's own signal arrived. */
  heard(node: string, nowMs: number): void {
    this.last.set(node, nowMs);
  }

  forget(node: string): void {
    this.last.delete(node);
  }

  /** When the node was last heard of, if ever. */
  lastHeard(node: string): number | undefined {
    return this.last.get(node);
  }

  /** For how long the node, which exists since `knownSinceMs`, has certainly been silent. */
  silence(node: string, knownSinceMs: number): number {
    if (this.lastHeardBus === undefined) return 0;
    return Math.max(0, this.lastHeardBus - Math.max(this.heardSince, this.last.get(node) ?? 0, knownSinceMs));
  }
}
