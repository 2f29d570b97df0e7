import type { AppliedEvent, ReadonlyCluster } from '@shiplog/cluster';
import type { CommandData, ItemResult, ObjectOf } from '@shiplog/contracts';
import {
  annotationOf,
  conditionOf,
  keepFor,
  selectNode,
  VOLUME_ANNOTATIONS,
  type StoredClaim,
  type StoredNode,
  type StoredPod,
  type StoredStorageClass,
  type StoredVolume,
} from '@shiplog/kube';
import { clusterEventsOf } from './cluster-events';
import { ClusterView } from './cluster-view';
import { decideBatch, refOf, type Verdict } from './decide';
import type { StoredBudget } from './facts/budgets';
import type { Policy } from './policy';
import type { StoredPolicy } from './policies/user-policy';
import { SchedulingQueue, type PendingPods, type QueuedPod } from './queue';
import { volumeBinding } from './rules/volume-binding';
import { isSelecting, type Selecting } from './topology/pod-selectors';
import type { VolumePlan } from './volumes/volume-plan';
import { WakeUps } from './wake-ups';

export type Binding = CommandData['BindPods']['bindings'][number];
export type PreemptionItem = CommandData['PreemptPods']['preemptions'][number];
export type UnschedulableMark = CommandData['MarkPodsUnschedulable']['pods'][number];

/** Pods of a state taken in one go: a few milliseconds. */
const SLICE = 1_000;

/** What gives the claims of one pod their volumes, before it is bound. */
export interface Reservation {
  readonly uid: string;
  readonly cause: number;
  readonly patches: readonly ReturnType<typeof keepFor>[];
}

/** What deciding on a batch proposes: three commands, each of which may be empty, and some for each pod that needs volumes. */
export interface Proposal {
  readonly bindings: readonly Binding[];
  readonly preemptions: readonly PreemptionItem[];
  /** Only pods of which this was not said before. */
  readonly marks: readonly UnschedulableMark[];
  readonly reservations: readonly Reservation[];
}

/**
 * All that a scheduler knows and decides, without the bus: the view of the nodes and the queue of pods, told of what was
 * applied; `decide` proposes the commands of a batch, `settle` takes the answer.
 */
export class Scheduling {
  readonly #view = new ClusterView();
  readonly #queue: SchedulingQueue;
  readonly #wakeUps: WakeUps;

  /** @param fallback the policy by which pods are decided on that name none, and which has what other policies leave out */
  constructor(
    schedulerName: string,
    private readonly fallback: Policy,
  ) {
    this.#queue = new SchedulingQueue(schedulerName);
    this.#wakeUps = new WakeUps(this.#queue, this.#view, fallback);
  }

  /** Pods without a node, by what they wait for. */
  get counts(): PendingPods {
    return this.#queue.counts;
  }

  /** Whether there is more to be looked at now, after a turn of others: `decide` does a share each time. */
  get hasMore(): boolean {
    return this.#wakeUps.arePending || this.#queue.counts.active > 0;
  }

  /** When there is something to decide on without anything else happening, in milliseconds of `tick`; undefined: never. */
  get dueAt(): number | undefined {
    return this.#queue.dueAt;
  }

  /** It is `now`, in milliseconds on a clock that never goes back: pods that have rested are ready again. */
  tick(now: number): void {
    this.#queue.tick(now);
  }

  /**
   * Takes in a whole state: for the start. Yields now and then, when other work may go on: what is applied meanwhile is
   * taken in as ever, and each pod as it is when its turn comes.
   */
  *load(cluster: ReadonlyCluster): Generator<void> {
    this.#view.setVolumes(cluster);
    this.#view.setNamespaces(cluster);
    this.#view.setSelectors(cluster);
    this.#view.setBudgets(cluster);
    this.#view.setPolicies(cluster);
    for (const node of cluster.list('nodes')) this.#view.setNode(node);
    let taken = 0;
    for (const { metadata } of cluster.list('pods')) {
      if (++taken % SLICE === 0) yield;
      const pod = cluster.get('pods', metadata.namespace ?? '', metadata.name);
      if (pod === undefined) continue;
      this.#view.setPod(pod);
      this.#queue.setPod(pod, Number(pod.metadata.resourceVersion));
    }
  }

  /** Brings everything up to date, then looks which waiting pods that may help, as far as a short turn goes. */
  apply(batch: readonly AppliedEvent[]): void {
    for (const applied of batch) {
      this.#takeIn(applied);
      for (const event of clusterEventsOf(applied)) this.#wakeUps.add(event);
    }
    this.#wakeUps.lookOn();
  }

  /** Decides on up to `limit` of the most urgent pods; undefined when none is ready (yet: see `hasMore`). */
  decide(seed: number, limit: number): Proposal | undefined {
    this.#wakeUps.lookOn();
    const taken = this.#queue.take(limit);
    if (taken.length === 0) return undefined;
    const verdicts = decideBatch(
      this.#view.snapshot(),
      taken.map((queued) => queued.facts),
      seed,
      this.fallback,
    );
    const bindings: Binding[] = [];
    const marks: UnschedulableMark[] = [];
    const preemptions: PreemptionItem[] = [];
    const reservations: Reservation[] = [];
    taken.forEach((queued, i) => {
      const verdict = verdicts[i] as Verdict;
      switch (verdict.outcome) {
        case 'fits':
          bindings.push({ ...itemOf(queued), node: verdict.node, decision: verdict.decision });
          return;
        case 'retry in next batch':
          this.#queue.giveBack(queued.facts.uid);
          return;
        case 'needs volumes': {
          // The volumes' own changes bring it back.
          this.#queue.wait(queued.facts.uid, [volumeBinding.name]);
          const patches = patchesOf(verdict.plan, verdict.node);
          if (patches.length > 0) reservations.push({ uid: queued.facts.uid, cause: queued.cause, patches });
          return;
        }
        case 'fits nowhere':
          this.#queue.fail(queued.facts.uid, verdict.refusedBy);
          if (saidOf(queued.facts.pod) !== verdict.sentence || verdict.losesNomination) {
            const loses = verdict.losesNomination ? { losesNomination: true } : {};
            marks.push({ ...itemOf(queued), message: verdict.sentence, decision: verdict.decision, ...loses });
          }
          return;
        case 'preempts':
          // Its victims' ends bring it back, also those that come before the answer does.
          this.#queue.wait(queued.facts.uid, verdict.refusedBy);
          preemptions.push(preemptionOf(queued, verdict));
      }
    });
    return { bindings, preemptions, marks, reservations };
  }

  /**
   * Takes the journal's answer to bindings or preemptions, in their order; to be called when the events up to the answer's position are
   * applied. What it accepted has left the queue by then, or waits for its victims' ends. What it refused is looked at again on what is known now.
   */
  settle(bindings: readonly { readonly uid: string }[], results: readonly ItemResult[]): void {
    bindings.forEach(({ uid }, i) => {
      if (results[i]?.ok !== true) this.#queue.refuse(uid);
    });
  }

  /** One of a pod's reservations was refused: somebody else was quicker, or the claim has changed. It is looked at again. */
  refuse(uid: string): void {
    this.#queue.refuse(uid);
  }

  #takeIn({ event, before, after }: AppliedEvent): void {
    const replaced = before !== undefined && before.metadata.uid !== after?.metadata.uid;
    if (event.resource === 'poddisruptionbudgets.policy') {
      this.#view.setBudget(event.namespace, event.name, after as StoredBudget | undefined);
    } else if (event.resource === 'persistentvolumeclaims') {
      this.#view.setClaim(event.namespace, event.name, after as StoredClaim | undefined);
    } else if (event.resource === 'persistentvolumes') {
      this.#view.setVolume(event.name, after as StoredVolume | undefined);
    } else if (event.resource === 'storageclasses.storage.k8s.io') {
      this.#view.setStorageClass(event.name, after as StoredStorageClass | undefined);
    } else if (event.resource === 'schedulingpolicies.scheduling.shiplog.dev') {
      this.#view.setPolicy(event.name, after as StoredPolicy | undefined);
    } else if (event.resource === 'namespaces') {
      this.#view.setNamespace(event.name, after as ObjectOf<'namespaces'> | undefined);
    } else if (isSelecting(event.resource)) {
      const object = after as ObjectOf<Selecting> | undefined;
      this.#view.setSelector(event.resource, event.namespace, event.name, object);
    } else if (event.resource === 'nodes') {
      if (after !== undefined) this.#view.setNode(after as StoredNode);
      else this.#view.removeNode(event.name);
    } else if (event.resource === 'pods') {
      if (replaced) {
        this.#view.removePod(before.metadata.uid);
        this.#queue.removePod(before.metadata.uid);
      }
      if (after !== undefined) {
        this.#view.setPod(after as StoredPod);
        this.#queue.setPod(after as StoredPod, event.position);
      }
    }
  }
}

/** What is done already is not done again. */
function patchesOf({ kept, made }: VolumePlan, node: string): ReturnType<typeof keepFor>[] {
  return [
    ...kept
      .filter(({ claim, volume }) => volume.spec?.claimRef?.uid !== claim.metadata.uid)
      .map(({ claim, volume }) => keepFor(claim, volume)),
    ...made
      .filter((claim) => annotationOf(claim, VOLUME_ANNOTATIONS.selectedNode) !== node)
      .map((claim) => selectNode(claim, node)),
  ];
}

function preemptionOf(queued: QueuedPod, verdict: Extract<Verdict, { outcome: 'preempts' }>): PreemptionItem {
  const { node, sentence, decision } = verdict;
  const [victims, outranked] = [verdict.victims.map(refOf), verdict.outranked.map(refOf)];
  return { ...itemOf(queued), node, victims, outranked, message: sentence, decision };
}

function itemOf({ facts, cause }: QueuedPod): { namespace: string; name: string; uid: string; cause: number } {
  return { ...refOf(facts), cause };
}

/** What the pod's own condition says of why it has no node. */
function saidOf(pod: StoredPod): string | undefined {
  const condition = conditionOf(pod, 'PodScheduled');
  return condition?.status === 'False' && condition.reason === 'Unschedulable' ? condition.message : undefined;
}
