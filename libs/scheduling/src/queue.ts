import type { StoredPod } from '@shiplog/kube';
import type { ClusterEvent } from './cluster-events';
import { podFacts, type PodFacts } from './facts/pod-facts';
import type { Policy } from './policy';

/**
 * How a pod without a node is queued:
 * - `ready`: to be decided on;
 * - `in flight`: its binding is proposed and not answered for;
 * - `waiting`: no node fits; the hints of the rules that refused say which events may help;
 * - `backing off`: its binding was refused more than once; somebody else keeps the time.
 */
type QueueState =
  | { readonly is: 'ready' }
  | { readonly is: 'in flight' }
  | { readonly is: 'waiting'; readonly refusedBy: readonly string[] }
  | { readonly is: 'backing off' };

export interface QueuedPod {
  readonly facts: PodFacts;
  /** Position of the event for which the pod is looked at: the one that made it known, or the one that may help it. */
  readonly cause: number;
  /** How many of its bindings were refused since it was last changed. */
  readonly refusals: number;
}

interface Entry extends QueuedPod {
  /** Position at which the queue came to know the pod: pods made in the same second are taken in their order. */
  readonly since: number;
  readonly state: QueueState;
}

const READY: QueueState = { is: 'ready' };

/**
 * Pods that want a node from this scheduler, and when to look at each. It is told of every pod as it is now (again and
 * again does no harm), so nothing is lost when events were: what counts is the pod, not how one heard of it.
 */
export class SchedulingQueue {
  readonly #entries = new Map<string, Entry>();
  /** The pods that each rule has refused, so that an event looks only at those that it may help. */
  readonly #waiting = new Map<string, Set<string>>();
  readonly #ready = new Set<string>();

  constructor(
    private readonly schedulerName: string,
    private readonly policy: Policy,
  ) {}

  get readyCount(): number {
    return this.#ready.size;
  }
  get size(): number {
    return this.#entries.size;
  }

  /** Takes note of a pod as it is after the event at `position`. */
  setPod(pod: StoredPod, position: number): void {
    const { uid } = pod.metadata;
    const entry = this.#entries.get(uid);
    if (!wantsNode(pod, this.schedulerName)) {
      if (entry !== undefined) this.removePod(uid);
      return;
    }
    const facts = podFacts(pod);
    if (entry === undefined) {
      this.#place({ facts, cause: position, refusals: 0, since: position, state: READY });
    } else if (entry.state.is === 'in flight' || sameWishes(entry.facts.pod, pod)) {
      this.#entries.set(uid, { ...entry, facts });
    } else {
      this.#place({ ...entry, facts, cause: position, refusals: 0, state: READY });
    }
  }

  removePod(uid: string): void {
    const entry = this.#entries.get(uid);
    if (entry === undefined) return;
    this.#leave(entry);
    this.#entries.delete(uid);
  }

  /**
   * Brings back the waiting pods that an event may help. `stillRefusing` can tell cheaply that it does not help one, by the
   * rules that refuse it there now: they may be others than before, and what helps against those is waited for too.
   */
  wake(event: ClusterEvent, stillRefusing: (pod: PodFacts) => readonly string[] | undefined): void {
    for (const uid of this.#hintedBy(event)) {
      const entry = this.#entries.get(uid);
      if (entry?.state.is !== 'waiting') continue;
      const { refusedBy } = entry.state;
      const rules = stillRefusing(entry.facts);
      if (rules === undefined) this.#place({ ...entry, cause: event.position, state: READY });
      else if (rules.some((rule) => !refusedBy.includes(rule))) this.wait(uid, [...refusedBy, ...rules]);
    }
  }

  /** The most urgent ready pods, which are in flight from now on: higher priority first, then older. */
  take(limit: number): readonly QueuedPod[] {
    const ready = [...this.#ready].map((uid) => this.#entries.get(uid)).filter((entry) => entry !== undefined);
    const taken = ready.sort(byUrgency).slice(0, limit);
    for (const entry of taken) this.#place({ ...entry, state: { is: 'in flight' } });
    return taken;
  }

  /** No node fits: until something changes that the rules name. */
  wait(uid: string, refusedBy: readonly string[]): void {
    this.#move(uid, { is: 'waiting', refusedBy });
  }

  /** Decided without effect: to be looked at again. */
  giveBack(uid: string): void {
    this.#move(uid, READY);
  }

  /** The binding was refused: ready again the first time, and from then on only when `resume` is called. */
  refuse(uid: string): { readonly refusals: number } | undefined {
    const entry = this.#entries.get(uid);
    if (entry === undefined) return undefined;
    const refusals = entry.refusals + 1;
    this.#place({ ...entry, refusals, state: refusals === 1 ? READY : { is: 'backing off' } });
    return { refusals };
  }

  /** Ends a pod's backing off. */
  resume(uid: string): void {
    if (this.#entries.get(uid)?.state.is === 'backing off') this.#move(uid, READY);
  }

  #hintedBy(event: ClusterEvent): Set<string> {
    const { kind } = event;
    if (kind === 'NodeAdded') return new Set(this.#entriesThatWait());
    const rules = this.policy.filters.filter((filter) => filter.queueingHints.includes(kind));
    return new Set(rules.flatMap((rule) => [...(this.#waiting.get(rule.name) ?? [])]));
  }

  #entriesThatWait(): string[] {
    return [...this.#entries].filter(([, entry]) => entry.state.is === 'waiting').map(([uid]) => uid);
  }

  #move(uid: string, state: QueueState): void {
    const entry = this.#entries.get(uid);
    if (entry !== undefined) this.#place({ ...entry, state });
  }

  #place(entry: Entry): void {
    const { uid } = entry.facts;
    const before = this.#entries.get(uid);
    if (before !== undefined) this.#leave(before);
    this.#entries.set(uid, entry);
    if (entry.state.is === 'ready') this.#ready.add(uid);
    if (entry.state.is !== 'waiting') return;
    for (const rule of entry.state.refusedBy) {
      const pods = this.#waiting.get(rule);
      if (pods === undefined) this.#waiting.set(rule, new Set([uid]));
      else pods.add(uid);
    }
  }

  #leave({ facts: { uid }, state }: Entry): void {
    this.#ready.delete(uid);
    if (state.is !== 'waiting') return;
    for (const rule of state.refusedBy) this.#waiting.get(rule)?.delete(uid);
  }
}

/** Whether a pod is one that this scheduler should find a node for. */
export function wantsNode(pod: StoredPod, schedulerName: string): boolean {
  const { spec, metadata, status } = pod;
  return (
    (spec?.nodeName ?? '') === '' &&
    (spec?.schedulerName ?? 'default-scheduler') === schedulerName &&
    metadata.deletionTimestamp === undefined &&
    (spec?.schedulingGates ?? []).length === 0 &&
    status?.phase !== 'Succeeded' &&
    status?.phase !== 'Failed'
  );
}

/** Nothing changed that a rule looks at: of the pod, they look at the spec and at its owner. */
function sameWishes(before: StoredPod, after: StoredPod): boolean {
  return before.spec === after.spec && before.metadata.ownerReferences === after.metadata.ownerReferences;
}

function byUrgency(a: Entry, b: Entry): number {
  const [item, other] = [a.facts.pod, b.facts.pod];
  return (
    (other.spec?.priority ?? 0) - (item.spec?.priority ?? 0) ||
    compare(item.metadata.creationTimestamp, other.metadata.creationTimestamp) ||
    a.since - b.since ||
    compare(a.facts.uid, b.facts.uid)
  );
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
