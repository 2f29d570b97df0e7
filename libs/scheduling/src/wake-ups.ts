import { eventKey, type ClusterEvent } from './cluster-events';
import type { ClusterView } from './cluster-view';
import type { ClusterFacts } from './facts/cluster-facts';
import { nominatedNode, type PodFacts } from './facts/pod-facts';
import { claimKeysOf } from './volumes/volumes';
import { refusedByAny } from './filtering';
import type { Policy } from './policy';
import { isEndingFor } from './preemption/eligibility';
import { couldMakeRoom } from './preemption/preempt';
import { FILTERS_IN_ORDER } from './policies/known-rules';
import type { SchedulingQueue } from './queue';
import type { Filter } from './rule';
import type { WaitingClass } from './waiting-pods';

/** How many nodes are looked at in one go: that takes a few milliseconds. */
const SHARE = 10_000;
/** As many nodes as could be looked at while a class of pods is begun with, and while a pod is woken. */
const [BEGINNING, WAKING] = [5, 20];

/**
 * Looks which waiting pods events may help, a share at a time: with thousands of pods that fit nowhere, an event concerns all of
 * them. What happens again while others are looked at is looked at once, so that nothing piles up.
 */
export class WakeUps {
  readonly #events = new Map<string, ClusterEvent>();
  #sweep: Generator<void> | undefined;

  constructor(
    private readonly queue: SchedulingQueue,
    private readonly view: ClusterView,
    /** The policy of pods that name none. */
    private readonly fallback: Policy,
  ) {}

  /** Whether there is anything left to be looked at. */
  get arePending(): boolean {
    return this.#sweep !== undefined || this.#events.size > 0;
  }

  add(event: ClusterEvent): void {
    if (event.kind === 'NodeRemoved') this.#wakeNominated(event);
    this.#events.set(eventKey(event), event);
  }

  /** Room for them was to be made on a node that is gone. */
  #wakeNominated({ node, position }: ClusterEvent): void {
    for (const { pods } of this.queue.waiting.classes) {
      // Each of them is in a class of its own.
      const [pod] = pods.size === 1 ? pods.values() : [];
      if (pod !== undefined && nominatedNode(pod.pod) === node) this.queue.wake(pod.uid, position);
    }
  }

  /** Looks at the next share. */
  lookOn(): void {
    if (!this.arePending) return;
    this.#sweep ??= this.#lookAtAll(this.#takeEvents());
    if (this.#sweep.next().done === true) this.#sweep = undefined;
  }

  #takeEvents(): readonly ClusterEvent[] {
    const events = [...this.#events.values()];
    this.#events.clear();
    return events;
  }

  *#lookAtAll(events: readonly ClusterEvent[]): Generator<void> {
    const changes = events.filter(({ kind }) => kind === 'PolicyChanged');
    if (changes.length > 0) yield* this.#lookAtPolicies(changes);
    const hints = new Hints(events);
    const { waiting } = this.queue;
    let left = SHARE;
    for (const alike of hints.concernAll ? waiting.classes : waiting.refusedBy(hints.rules)) {
      const hint = hints.of(alike.refusedBy);
      left -= BEGINNING + hint.atNodes.length + hint.amongPods.length;
      const event = this.#helps(alike, hint);
      for (const uid of event === undefined ? [] : [...alike.pods.keys()]) {
        this.queue.wake(uid, event?.position ?? 0);
        left -= WAKING;
        if (left > 0) continue;
        left = SHARE;
        yield;
      }
      if (left > 0) continue;
      left = SHARE;
      yield;
    }
  }

  /** Another policy may refuse what this one does not, and the other way round: who is decided on by it now is looked at again. */
  *#lookAtPolicies(changes: readonly ClusterEvent[]): Generator<void> {
    let left = SHARE;
    for (const { pods } of this.queue.waiting.classes) {
      for (const [uid, pod] of [...pods]) {
        const change = changes.find((event) => this.#isPolicyOf(pod, event));
        if (change !== undefined) this.queue.wake(uid, change.position);
        left -= WAKING;
        if (left > 0) continue;
        left = SHARE;
        yield;
      }
    }
  }

  #isPolicyOf({ pod }: PodFacts, { policy, namespace }: ClusterEvent): boolean {
    if (namespace !== undefined) return pod.metadata.namespace === namespace;
    return this.view.policies.nameFor(pod) === policy;
  }

  /**
   * The event by which the rules that refused these pods refuse no more: on one node, if they look at that node alone. Another rule
   * may refuse them there now, which their users should read. Or by which others could be made to leave: who waits for those that
   * end on a node waits for the last of them.
   */
  #helps({ pods }: WaitingClass, hint: Hint): ClusterEvent | undefined {
    const [pod] = pods.values();
    if (pod === undefined) return undefined;
    const cluster = this.view.snapshot();
    const certain =
      hint.anywhere ?? hint.claimed(pod) ?? hint.amongPods.find((event) => isHelped(pod, event, hint, cluster));
    if (certain !== undefined) return certain;
    const isStillRefused = refusedByAny(pod, hint.filters, cluster);
    const nominated = nominatedNode(pod.pod);
    // Of the rules that refused them: pods of a class may differ in what others would say.
    const policy = { ...this.view.policies.policyFor(pod.pod, this.fallback), filters: hint.filters };
    return hint.atNodes.find((event) => {
      const node = this.view.node(event.node);
      if (node === undefined) return nominated === event.node;
      if (!isStillRefused(node)) return true;
      return nominated === event.node ? !isEndingFor(pod, [node]) : couldMakeRoom(pod, node, cluster, policy);
    });
  }
}

/** Which of some events concern a pod that certain rules refuse. */
interface Hint {
  /** The rules. */
  readonly filters: readonly Filter[];
  /** May help whatever the nodes are, or on another node than its own. */
  readonly anywhere: ClusterEvent | undefined;
  /** May help on the event's node alone. */
  readonly atNodes: readonly ClusterEvent[];
  /** Is about other pods, and may help by what the pod asks of those. */
  readonly amongPods: readonly ClusterEvent[];
  /** What happened to a claim of the pod. */
  claimed(pod: PodFacts): ClusterEvent | undefined;
}

class Hints {
  /** The rules for which anything happened. */
  readonly rules: readonly string[];
  /** A new node may help whoever refused the others. */
  readonly concernAll: boolean;
  readonly #hints = new Map<string, Hint>();

  constructor(private readonly events: readonly ClusterEvent[]) {
    this.concernAll = events.some(({ kind }) => kind === 'NodeAdded');
    this.rules = FILTERS_IN_ORDER.filter((filter) => events.some((event) => concerns(filter, event))).map(
      ({ name }) => name,
    );
  }

  of(refusedBy: readonly string[]): Hint {
    const key = refusedBy.join();
    let hint = this.#hints.get(key);
    if (hint === undefined) this.#hints.set(key, (hint = this.#hintFor(refusedBy)));
    return hint;
  }

  #hintFor(refusedBy: readonly string[]): Hint {
    const filters = FILTERS_IN_ORDER.filter(({ name }) => refusedBy.includes(name));
    const hinted = this.events.filter((event) => isAdded(event) || filters.some((filter) => concerns(filter, event)));
    const claims = new Map(
      hinted.flatMap((event) => (event.claim === undefined ? [] : [[event.claim, event] as const])),
    );
    const atNodes = hinted.filter(({ node }) => node !== '');
    const amongPods = hinted.filter(({ pods }) => pods !== undefined);
    const anywhere = hinted.find((event) => {
      if (event.pods !== undefined) return false;
      if (event.node === '') return event.claim === undefined;
      return (
        filters.length === 0 ||
        filters.some((filter) => filter.scope === 'cluster' && (isAdded(event) || concerns(filter, event)))
      );
    });
    return {
      filters,
      anywhere,
      atNodes,
      amongPods,
      claimed: (facts) => {
        if (claims.size === 0 || facts.claims.length === 0) return undefined;
        const claim = claimKeysOf(facts).find((key) => claims.has(key));
        return claim === undefined ? undefined : claims.get(claim);
      },
    };
  }
}

function isHelped(pod: PodFacts, event: ClusterEvent, { filters }: Hint, cluster: ClusterFacts): boolean {
  return filters.some((filter) => concerns(filter, event) && (filter.isHelpedBy?.(pod, event, cluster) ?? true));
}

function isAdded({ kind }: ClusterEvent): boolean {
  return kind === 'NodeAdded';
}

function concerns(filter: Filter, { kind }: ClusterEvent): boolean {
  return kind !== 'NodeAdded' && filter.queueingHints.includes(kind);
}
