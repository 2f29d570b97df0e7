import type { ClusterEvent } from './cluster-events';
import type { ClusterFacts } from './facts/cluster-facts';
import type { NodeFacts } from './facts/node-facts';
import type { PodFacts } from './facts/pod-facts';
import type { VolumePlan } from './volumes/volume-plan';

/**
 * What a rule is. The contract between rules and the core:
 *
 * - A rule is a constant: a `name` that is never reused (decisions in the log refer to it), and one question about a
 *   pod and a node. It knows nothing of other rules, of queues or of the bus, and keeps no state.
 * - It is asked once for each pod, and answers with a function that is then asked for each node: what depends on the
 *   pod alone is worked out once. `undefined` means that the rule has nothing to say of this pod, and costs nothing.
 *
 * A new scheduling rule, step by step:
 *
 * 1. An exported `Filter` or `Score` in `rules/`, in the file of what it looks at or in one of its own (docstring: which
 *    behaviour of Kubernetes it is), and its specs beside it (test names are sentences; builders in `testing/builders.ts`).
 * 2. What it needs to know of pods or nodes and the facts don't have yet goes into `facts/`, worked out when the object
 *    changes and not when a decision is made. What pods on a node sum up to must have an exact inverse
 *    (`NodeFacts.add` and `remove`): the property test compares the view kept live with one made afresh.
 * 3. Its `scope` says what it looks at. Of scope `node` it reads of a pod only what `podClass` has, or that gets it too: verdicts are
 *    shared within a class. Of scope `cluster` it is listed behind all of scope `node`; what happens on one node may then turn its
 *    refusal of another around. A filter between pods stands in `AMONG_PODS` (`waiting-pods.ts`), and what it reads in `peerClass`.
 * 4. A filter names in `queueingHints` every event that may turn its refusal around. If none fits, a new kind of event
 *    goes into `cluster-events.ts`. One that is missing leaves pods waiting for minutes, so each is shown by a test.
 * 5. For preemption a filter says which of its refusals no pod's leaving turns around (`unresolvable`), and whether fewer pods
 *    never make it refuse a node (`isMonotone`): without the latter, finding victims costs a question for each pod.
 * 6. Its name goes into `KNOWN_FILTERS` or `KNOWN_SCORES` (`contracts/src/scheduling-policies.ts`), the rule behind it into
 *    `policies/known-rules.ts`: SchedulingPolicies may then name it.
 * 7. A new version of the policy in `policy.ts` lists it. Versions already there stay as they are: decisions in the log
 *    were made by them, and are made again by them.
 */
export interface Filter {
  readonly kind: 'filter';
  readonly name: string;
  readonly scope?: RuleScope;
  /** What may make a node that this rule refused acceptable. A new node may help every pod: no rule needs to say so. */
  readonly queueingHints: readonly Exclude<ClusterEventKind, 'NodeAdded'>[];
  /** Of an event that `queueingHints` names, whether it may help this pod, where that can be told cheaply; absent: it may. */
  isHelpedBy?(pod: PodFacts, event: ClusterEvent, cluster: ClusterFacts): boolean;
  /**
   * Which refusals no pod's leaving turns around, so that nobody is evicted for them (Kubernetes' UnschedulableAndUnresolvable): all
   * of the rule's, or those of which this is true. Absent: none.
   */
  readonly unresolvable?: 'all' | ((refusal: Refusal, pod: PodFacts, node: NodeFacts) => boolean);
  /** A node that is accepted is also accepted with fewer pods on it: finding out which have to go then takes a few questions only. */
  readonly isMonotone?: true;
  /** Why no node will do as things are, whichever it is, in Kubernetes' words; asked before any node is looked at. */
  refuse?(pod: PodFacts, cluster: ClusterFacts): string | undefined;
  /** The check of this pod against each node; undefined when every node passes. */
  check(pod: PodFacts, cluster?: ClusterFacts): NodeCheck | undefined;
  /** What has to be done before a pod may be bound to a node that passed; undefined: nothing. */
  plan?(pod: PodFacts, node: NodeFacts, cluster: ClusterFacts): VolumePlan | undefined;
}

/**
 * What a rule looks at. `node` (also when it isn't said): a node alone, and of the pod only what `podClass` has; its answer is
 * remembered for all pods of the class, until the node changes. `cluster`: anything; it is asked in every decision, of each
 * node that passes the others, so a look-up or two must do.
 */
export type RuleScope = 'node' | 'cluster';

export function isOfNode({ scope = 'node' }: { readonly scope?: RuleScope }): boolean {
  return scope === 'node';
}

/** Why a node is refused, in Kubernetes' own words (a node may lack several things); undefined when it passes. */
export type NodeCheck = (node: NodeFacts) => Refusal | undefined;
export type Refusal = readonly [string, ...string[]];

export interface Score {
  readonly kind: 'score';
  readonly name: string;
  readonly scope?: RuleScope;
  /**
   * What the numbers of `rate` mean. `points`: 0..100 as they are. `more` and `fewer`: counts of which the most (the
   * fewest) is best; they are brought to 0..100 over the nodes that passed every filter. `between`: the least is 0, the
   * most 100. `spread`: as PodTopologySpread does it, the fewest is 100, and the most as much less as they are apart; a
   * node below zero is not compared, and gets 0.
   */
  readonly scale: 'points' | 'more' | 'fewer' | 'between' | 'spread';
  /**
   * The rating of each node for this pod; undefined when all nodes are alike to this rule.
   *
   * @param candidates places in `cluster.nodes` of those that passed every filter; only for scores of scope `cluster`
   */
  rate(pod: PodFacts, cluster?: ClusterFacts, candidates?: Int32Array): NodeRating | undefined;
}

export type NodeRating = (node: NodeFacts) => number;

/**
 * The kinds of event that may make a pod schedulable which was refused. They are read off the object before and after
 * (see `clusterEventsOf`), so they are the same whether an event of the log or a reload brought them. Beside each, the
 * types of the log's events which usually make it.
 */
export type ClusterEventKind =
  /** A node's `Created`. */
  | 'NodeAdded'
  /** A node's `Cordoned`, `Uncordoned`, `TaintsChanged`, `Lost`, `BecameReady`. */
  | 'NodeAdmissionChanged'
  /** A node's `MetadataChanged`. */
  | 'NodeLabelsChanged'
  /** A node's `StatusChanged`. */
  | 'NodeAllocatableChanged'
  /** A node's `Deleted`: also helps those pods for which room was to be made there. */
  | 'NodeRemoved'
  /** A pod's `Scheduled`: others see it on a node from now on. */
  | 'PodPlaced'
  /** A placed pod's `MetadataChanged` of its labels, or `DeletionRequested`. */
  | 'PodChanged'
  /** A placed pod's `Deleted`, `Succeeded`, `Failed`: others don't see it any more. */
  | 'PodRemoved'
  /** A namespace's `MetadataChanged` of its labels, `Created`, `Deleted`. */
  | 'NamespaceLabelsChanged'
  /** A pod's `Deleted`, `Succeeded`, `Failed`: it no longer takes its share of a node, or room is no longer made for it there. Or it was resized, and takes less. */
  | 'CapacityFreed'
  /** Whatever happens to a claim, a volume or a storage class; the end of a pod that had a claim. */
  | 'VolumesChanged'
  /** A SchedulingPolicy came, has another spec, or went; a namespace names another one. */
  | 'PolicyChanged';
