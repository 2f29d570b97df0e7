import { POLICY_ANNOTATION } from '@shiplog/contracts';
import { annotationOf, type StoredPod } from '@shiplog/kube';
import { backOffMs } from '@shiplog/wait';
import { podFacts, type PodFacts } from './facts/pod-facts';
import { Heap } from './heap';
import { WaitingPods } from './waiting-pods';

/**
 * How a pod without a node is queued:
 * - `ready`: to be decided on;
 * - `in flight`: its binding is proposed and not answered for;
 * - `waiting`: no node fits; the hints of the rules that refused say which events may help;
 * - `backing off`: its binding was refused, or it fitted nowhere, more than once: ready when its time has come.
 */
type QueueState =
  | { readonly is: 'ready' }
  | { readonly is: 'in flight' }
  | { readonly is: 'waiting'; readonly refusedBy: readonly string[] }
  | { readonly is: 'backing off'; readonly until: number };

export interface QueuedPod {
  readonly facts: PodFacts;
  /** Position of the event for which the pod is looked at: the one that made it known, or the one that may help it. */
  readonly cause: number;
}

/** Pods without a node by what they wait for, as kube-scheduler counts them (pending_pods). */
export interface PendingPods {
  /** Ready: to be decided on. */
  readonly active: number;
  /** Decided on, and not bound yet. */
  readonly inFlight: number;
  /** Backing off. */
  readonly backoff: number;
  /** Waiting: no node fits. */
  readonly unschedulable: number;
  readonly gated: number;
}

interface Entry extends QueuedPod {
  /** Position at which the queue came to know the pod: pods made in the same second are taken in their order. */
  readonly since: number;
  /** How many of its bindings were refused since it was last changed. */
  readonly refusals: number;
  /** How often no node fitted since it was last changed; the last time that was so. */
  readonly failures: number;
  readonly failedAt: number;
  readonly state: QueueState;
}

const READY: QueueState = { is: 'ready' };

/** How long a pod rests whose binding was refused again. */
const REFUSED = { firstMs: 100, longestMs: 10_000 };
/** How long a pod rests after it fitted nowhere again, whatever happens meanwhile (kube-scheduler's podInitialBackoffSeconds and podMaxBackoffSeconds). */
const UNSCHEDULABLE = { firstMs: 1_000, longestMs: 10_000 };
/** After that it is looked at again, though nothing happened that should help (podMaxInUnschedulablePodsDuration). */
const LEFT_OVER_MS = 5 * 60_000;
/** Left-overs that are brought back at once. */
const SHARE = 1_000;

/**
 * Pods that want a node from this scheduler, and when to look at each. It is told of every pod as it is now (again and
 * again does no harm), so nothing is lost when events were: what counts is the pod, not how one heard of it. What time it is,
 * it is told too (`tick`), on a clock that never goes back; only when a pod is looked at depends on it, never what is decided.
 */
export class SchedulingQueue {
  readonly #entries = new Map<string, Entry>();
  readonly #waiting = new WaitingPods();
  readonly #ready = new Heap<Entry>(byUrgency);
  readonly #backingOff = new Heap<Entry>((a, b) => untilOf(a) - untilOf(b) || byUrgency(a, b));
  readonly #gated = new Set<string>();
  #now = 0;

  constructor(private readonly schedulerName: string) {}

  get counts(): PendingPods {
    const [active, backoff, unschedulable] = [this.#ready.size, this.#backingOff.size, this.#waiting.size];
    const inFlight = this.#entries.size - active - backoff - unschedulable;
    return { active, inFlight, backoff, unschedulable, gated: this.#gated.size };
  }

  /** When the next pod is ready without anything else happening, in milliseconds of `tick`; undefined: none. */
  get dueAt(): number | undefined {
    const rested = untilOf(this.#backingOff.first);
    const due = Math.min(rested, (this.#waiting.longest?.since ?? Infinity) + LEFT_OVER_MS);
    return due === Infinity ? undefined : due;
  }

  /** Takes note of a pod as it is after the event at `position`. */
  setPod(pod: StoredPod, position: number): void {
    const { uid } = pod.metadata;
    const entry = this.#entries.get(uid);
    if (!wantsNode(pod, this.schedulerName)) {
      this.removePod(uid);
      if (isOurs(pod, this.schedulerName)) this.#gated.add(uid);
      return;
    }
    this.#gated.delete(uid);
    const facts = podFacts(pod);
    if (entry === undefined) {
      const fresh = { refusals: 0, failures: 0, failedAt: 0, state: READY };
      this.#place({ facts, cause: position, since: position, ...fresh });
    } else if (entry.state.is === 'in flight' || sameWishes(entry.facts.pod, pod)) {
      this.#place({ ...entry, facts });
    } else {
      this.#place({ ...entry, facts, cause: position, refusals: 0, failures: 0, state: READY });
    }
  }

  removePod(uid: string): void {
    this.#gated.delete(uid);
    const entry = this.#entries.get(uid);
    if (entry === undefined) return;
    this.#leave(entry);
    this.#entries.delete(uid);
  }

  /** It is `now`, in milliseconds: pods are ready again that have rested, or waited, for long enough; some now, the others next time. */
  tick(now: number): void {
    this.#now = Math.max(now, this.#now);
    for (let left = SHARE; left > 0 && (this.dueAt ?? Infinity) <= this.#now; left--) {
      const rested = this.#backingOff.first;
      const hasRested = rested !== undefined && untilOf(rested) <= this.#now;
      this.giveBack(hasRested ? rested.facts.uid : (this.#waiting.longest?.uid ?? ''));
    }
  }

  /** The most urgent ready pods, which are in flight from now on: higher priority first, then older. */
  take(limit: number): readonly QueuedPod[] {
    const taken: Entry[] = [];
    for (let next = this.#ready.first; next !== undefined && taken.length < limit; next = this.#ready.first) {
      taken.push(next);
      this.#place({ ...next, state: { is: 'in flight' } });
    }
    return taken;
  }

  /** No node fits: until something changes that the rules name. */
  fail(uid: string, refusedBy: readonly string[]): void {
    const entry = this.#entries.get(uid);
    if (entry === undefined) return;
    const failures = entry.failures + 1;
    this.#place({ ...entry, failures, failedAt: this.#now, state: { is: 'waiting', refusedBy } });
  }

  /** What it needs is on its way: until something changes that these rules name. */
  wait(uid: string, rules: readonly string[]): void {
    this.#move(uid, { is: 'waiting', refusedBy: rules });
  }

  /** Decided without effect: to be looked at again. */
  giveBack(uid: string): void {
    this.#move(uid, READY);
  }

  /** The binding was refused: ready again the first time, and from then on after a rest. */
  refuse(uid: string): void {
    const entry = this.#entries.get(uid);
    if (entry === undefined) return;
    const refusals = entry.refusals + 1;
    this.#place({ ...entry, refusals, state: this.#readyAt(refusals - 1, this.#now, REFUSED) });
  }

  /** The pods that fit nowhere. */
  get waiting(): Pick<WaitingPods, 'classes' | 'refusedBy'> {
    return this.#waiting;
  }

  /** An event may help a waiting pod: ready the first time, and from then on only when it has rested since it fitted nowhere. */
  wake(uid: string, cause: number): void {
    const entry = this.#entries.get(uid);
    if (entry?.state.is !== 'waiting') return;
    this.#place({ ...entry, cause, state: this.#readyAt(entry.failures - 1, entry.failedAt, UNSCHEDULABLE) });
  }

  #readyAt(repeated: number, from: number, bounds: typeof REFUSED): QueueState {
    if (repeated <= 0) return READY;
    const until = from + backOffMs(repeated, bounds);
    return until <= this.#now ? READY : { is: 'backing off', until };
  }

  #move(uid: string, state: QueueState): void {
    const entry = this.#entries.get(uid);
    if (entry !== undefined) this.#place({ ...entry, state });
  }

  #place(entry: Entry): void {
    const { uid } = entry.facts;
    const before = this.#entries.get(uid);
    this.#entries.set(uid, entry);
    if (before !== undefined && before.state.is !== entry.state.is) this.#leave(before);
    if (entry.state.is === 'ready') this.#ready.set(uid, entry);
    if (entry.state.is === 'backing off') this.#backingOff.set(uid, entry);
    if (entry.state.is === 'waiting') this.#waiting.set(entry.facts, entry.state.refusedBy, this.#now);
  }

  #leave({ facts: { uid } }: Entry): void {
    this.#ready.delete(uid);
    this.#backingOff.delete(uid);
    this.#waiting.delete(uid);
  }
}

/** Whether a pod is one that this scheduler should find a node for. */
export function wantsNode(pod: StoredPod, schedulerName: string): boolean {
  return isOurs(pod, schedulerName) && (pod.spec?.schedulingGates ?? []).length === 0;
}

/** Whether it is this scheduler's business, now or when its gates are gone. */
function isOurs({ spec, metadata, status }: StoredPod, schedulerName: string): boolean {
  return (
    (spec?.nodeName ?? '') === '' &&
    (spec?.schedulerName ?? 'default-scheduler') === schedulerName &&
    metadata.deletionTimestamp === undefined &&
    status?.phase !== 'Succeeded' &&
    status?.phase !== 'Failed'
  );
}

/** Nothing changed that decides: the spec, the labels and the owner, at which rules look, and which policy the pod names. */
function sameWishes(before: StoredPod, after: StoredPod): boolean {
  const [from, to] = [before.metadata, after.metadata];
  return (
    before.spec === after.spec &&
    from.ownerReferences === to.ownerReferences &&
    from.labels === to.labels &&
    annotationOf(before, POLICY_ANNOTATION) === annotationOf(after, POLICY_ANNOTATION)
  );
}

function untilOf(entry: Entry | undefined): number {
  return entry?.state.is === 'backing off' ? entry.state.until : Infinity;
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
