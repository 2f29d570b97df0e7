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
  /**
   * Which rules with which weights, for example `default/1`; of a SchedulingPolicy its name and generation. `name/0`: there was
   * none of the name that the pod, or its namespace, has.
   */
  readonly policy: string;
  /** Of a SchedulingPolicy: the SHA-256 of its spec, as JSON with the fields of objects in order. The decision can be made again with no other content. */
  readonly policyHash?: string;
  /** Of a SchedulingPolicy: the policy whose rules are those that it leaves out. */
  readonly policyBase?: string;
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
  /** Among how many nodes the best was sought, where more fitted than the policy has looked at. */
  readonly considered?: number;
  /**
   * How many bindings of the same command, all before this one, the scheduler took as made. When as many events of
   * the command precede this one, state at basis + those events is exactly what the scheduler saw.
   */
  readonly assumed?: number;
  /** Who has to go so that the pod fits. */
  readonly preemption?: PreemptionRecord;
}

/** What a scheduler records when pods have to go for a more important one. */
export interface PreemptionRecord {
  /** Where the pod is to go then. */
  readonly node: string;
  /** The most important first. */
  readonly victims: readonly { readonly namespace: string; readonly name: string; readonly uid: string }[];
  /** How many of the victims their budgets can't spare. */
  readonly violations: number;
  /** Of how many nodes this one was chosen. */
  readonly candidates: number;
  /** How many preemptions of the same command, all before this one, the scheduler took as made. */
  readonly assumed: number;
}

/**
 * What a controller records with each of its commands. Together with the event's `basis` (the position it had looked at) it is
 * enough to make the decision again: reconciling a key depends on the state, the moment, and what it says it observed.
 */
export interface Reconciliation {
  /** The controller, for example `replication`. */
  readonly by: string;
  /** What it reconciled, mostly an object's namespace/name. */
  readonly key: string;
  /** The moment of the decision, in milliseconds since 1970. */
  readonly now: number;
  /** A hash of all commands of the decision, those that were refused or changed nothing too: they leave no other trace. */
  readonly plan: string;
  /** What it looked at beyond the state, by name: refusals of the attempt before, silences, figures. Absent: nothing. */
  readonly observed?: Readonly<Record<string, unknown>>;
}
