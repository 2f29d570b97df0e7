import type { Command, KubeStatus, PodRef, ResourceRow } from '@shiplog/contracts';
import { builtIn } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import type { StoredPod } from '@shiplog/kube';
import { changeEvent } from './change';
import type { Decided, DecisionContext, NewEvent } from './decision';
import { admittedDeletionOf } from './deletion';
import { statusDenial } from './pod-admission';
import { decideItems, findPod, withCondition, type ItemOutcome } from './pod-items';
import { unschedulable, withNomination } from './pods';

type Preemption = Command<'PreemptPods'>['data']['preemptions'][number];

const PODS: ResourceRow = builtIn('pods');

/**
 * Decides PreemptPods: pods go, each with its grace period, for a more important one, which is nominated to their node. An item is done
 * as a whole, or refused where what the scheduler took for granted does not hold: the pod has a node by now, a victim has gone
 * or was replaced.
 */
export function decidePreemptPods(context: DecisionContext, data: Command<'PreemptPods'>['data']): Decided {
  const changed = new ChangedPods();
  return decideItems(context, data.preemptions, (preemption, position) =>
    new OnePreemption(context, changed, preemption, position).decide(),
  );
}

/** Pods as items before have left them: several preemptions may concern one pod. */
class ChangedPods {
  readonly #pods = new Map<string, StoredPod>();

  current(pod: StoredPod): StoredPod {
    return this.#pods.get(pod.metadata.uid) ?? pod;
  }

  takeIn(pods: ReadonlyMap<string, StoredPod>): void {
    for (const [uid, pod] of pods) this.#pods.set(uid, pod);
  }
}

/** One item, event by event: what it comes to is taken in by `changed` only when nothing of it was refused. */
class OnePreemption {
  readonly #events: NewEvent[] = [];
  readonly #after = new Map<string, StoredPod>();

  /** @param position of the event before the item's first */
  constructor(
    private readonly context: DecisionContext,
    private readonly changed: ChangedPods,
    private readonly item: Preemption,
    private readonly position: number,
  ) {}

  decide(): ItemOutcome {
    const { item, context } = this;
    const found = findPod(context.state, item);
    if (!found.ok) return found;
    const pod = this.changed.current(found.pod);
    const status = this.#rejection(pod) ?? this.#nominate(pod) ?? this.#clearOutranked(pod) ?? this.#evictAll(pod);
    if (status !== undefined) return { ok: false, status };
    this.changed.takeIn(this.#after);
    return { ok: true, pod, events: this.#events };
  }

  #rejection(pod: StoredPod): KubeStatus | undefined {
    const { node, victims } = this.item;
    const { name, deletionTimestamp } = pod.metadata;
    const boundTo = pod.spec?.nodeName ?? '';
    if (boundTo !== '') {
      return statusOf.conflict('pods', name, `pod ${name} is already assigned to node ${JSON.stringify(boundTo)}`);
    }
    if (deletionTimestamp !== undefined) return statusOf.conflict('pods', name, `pod ${name} is being deleted`);
    if (pod.spec?.preemptionPolicy === 'Never') {
      return statusOf.forbidden('pods', name, 'its preemptionPolicy is Never');
    }
    if (victims.length === 0) return statusOf.badRequest(`no pod is named that should make room for pod ${name}`);
    return this.context.state.get('nodes', '', node) === undefined ? statusOf.notFound('nodes', node) : undefined;
  }

  #nominate(pod: StoredPod): KubeStatus | undefined {
    const { node, message, decision, cause } = this.item;
    const after = withNomination(unschedulable(pod, message, this.context.metadata.time), node);
    const denied = statusDenial(this.context, pod, after);
    if (denied !== undefined) return denied;
    const name = { fact: 'Unschedulable', facts: { message, nominatedNode: node } } as const;
    this.#add(after, changeEvent('pods', pod, after, { name, decision, cause }));
    return undefined;
  }

  /** Who is bound, or nominated elsewhere, by now needs nothing. */
  #clearOutranked(pod: StoredPod): KubeStatus | undefined {
    for (const ref of this.item.outranked) {
      const found = findPod(this.context.state, ref);
      const other = found.ok ? this.changed.current(found.pod) : undefined;
      if (other?.status?.nominatedNodeName !== this.item.node || (other.spec?.nodeName ?? '') !== '') continue;
      if (isAsImportant(other, pod)) return notLower(ref, pod);
      const after = withNomination(other, undefined);
      this.#add(after, changeEvent('pods', other, after, { cause: this.#nominated }));
    }
    return undefined;
  }

  #evictAll(pod: StoredPod): KubeStatus | undefined {
    for (const ref of this.item.victims) {
      const status = this.#evict(ref, pod);
      if (status !== undefined) return status;
    }
    return undefined;
  }

  /** Marked first, so that whoever looks at its end knows that it was not its own; then it goes as any pod. */
  #evict(ref: PodRef, pod: StoredPod): KubeStatus | undefined {
    const { context, item } = this;
    const found = findPod(context.state, ref);
    if (!found.ok) return found.status;
    const victim = this.changed.current(found.pod);
    const status = victimRejection(victim, item.node) ?? (isAsImportant(victim, pod) ? notLower(ref, pod) : undefined);
    if (status !== undefined) return status;
    const marked = withCondition(victim, disruptionBy(pod), context.metadata.time);
    const denied = statusDenial(context, victim, marked);
    if (denied !== undefined) return denied;
    const { namespace, name, uid } = item;
    const facts = { by: { namespace, name, uid }, node: item.node };
    const mark = changeEvent('pods', victim, marked, { name: { fact: 'Preempted', facts }, cause: this.#nominated });
    this.#add(marked, mark);
    if (victim.metadata.deletionTimestamp !== undefined) return undefined;
    const deletion = admittedDeletionOf(context, PODS, marked, {});
    if (!deletion.ok) return deletion.status;
    this.#add(deletion.after as StoredPod, deletion.event && { ...deletion.event, cause: this.#last });
    return undefined;
  }

  /** Position of the event that nominates the pod: all that follows comes of it. */
  get #nominated(): number | undefined {
    return this.#events.length === 0 ? this.item.cause : this.position + 1;
  }

  get #last(): number | undefined {
    return this.#events.length === 0 ? this.item.cause : this.position + this.#events.length;
  }

  #add(pod: StoredPod, event: NewEvent | undefined): void {
    this.#after.set(pod.metadata.uid, pod);
    if (event !== undefined) this.#events.push(event);
  }
}

function victimRejection({ metadata: { name }, spec, status }: StoredPod, node: string): KubeStatus | undefined {
  if ((spec?.nodeName ?? '') !== node) {
    return statusOf.conflict('pods', name, `pod ${name} is not on node ${JSON.stringify(node)}`);
  }
  const hasEnded = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  return hasEnded ? statusOf.conflict('pods', name, `pod ${name} has ended`) : undefined;
}

function isAsImportant(other: StoredPod, pod: StoredPod): boolean {
  return (other.spec?.priority ?? 0) >= (pod.spec?.priority ?? 0);
}

function notLower({ name }: PodRef, { metadata }: StoredPod): KubeStatus {
  return statusOf.forbidden('pods', name, `its priority is not lower than that of pod ${metadata.name}`);
}

/** What the end of a victim is for. */
function disruptionBy({ spec }: StoredPod) {
  return {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'PreemptionByScheduler',
    message: `${spec?.schedulerName ?? 'default-scheduler'}: preempting to accommodate a higher priority pod`,
  };
}
