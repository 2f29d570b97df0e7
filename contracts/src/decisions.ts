/** A node that a scheduling decision considered, with the points each rule gave it (0..100 times its weight). */
export interface NodeScore {
  readonly node: string;
  readonly total: number;
  readonly byRule: Readonly<Record<string, number>>;
}

/**
 * What a scheduler records with its choice. Together with the event's `basis` (the position it had looked at) it is
 * enough to make the decision again, so what every rule said of every node is recomputed, not stored.
 */
export interface SchedulingDecision {
  /** Which rules with which weights, for example `default/1`. */
  readonly policy: string;
  /** Seeds the choice between nodes of equal score. */
  readonly seed: number;
  /** Absent when no node fitted. */
  readonly winner?: string;
  /** The best few, best first. */
  readonly top: readonly NodeScore[];
  /** How many nodes each rule refused, by rule name. */
  readonly refused: Readonly<Record<string, number>>;
  /** How many nodes there were. */
  readonly nodes: number;
  /**
   * How many bindings of the same command, all before this one, the scheduler took as made. When as many events of
   * the command precede this one, state at basis + those events is exactly what the scheduler saw.
   */
  readonly assumed?: number;
}
