import type { KubeStatus, PodCondition, PodRef } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import { kubernetesTime, type StoredPod } from '@shiplog/kube';
import type { ReadonlyCluster } from '../state';
import type { Decided, DecisionContext, ItemDraft, NewEvent } from './decision';

/** What an item comes to: no events when the pod is as asked already. */
export type ItemOutcome =
  | { readonly ok: true; readonly pod: StoredPod; readonly events: readonly NewEvent[] }
  | { readonly ok: false; readonly status: KubeStatus };

/**
 * Decides a command's items one by one; each is accepted or refused on its own. A pod that is named twice would be
 * decided the second time on a state that its first events have left behind: the second one is refused.
 */
export function decideItems<T extends PodRef>(
  context: DecisionContext,
  items: readonly T[],
  decideOne: (item: T, position: number) => ItemOutcome,
): Decided {
  const events: NewEvent[] = [];
  const decidedPods = new Set<string>();
  const drafts = items.map((item): ItemDraft => {
    const position = context.metadata.position + events.length;
    const outcome = decidedPods.has(item.uid) ? twice(item) : decideOne(item, position);
    if (!outcome.ok) return { kind: 'refused', status: outcome.status };
    if (outcome.events.length === 0) {
      return { kind: 'unchanged', position: Number(outcome.pod.metadata.resourceVersion) };
    }
    decidedPods.add(item.uid);
    return { kind: 'event', index: events.push(...outcome.events) - 1 };
  });
  return { ok: true, events, reply: { position: context.metadata.position, items: drafts } };
}

function twice(item: PodRef): ItemOutcome {
  return { ok: false, status: statusOf.conflict('pods', item.name, 'the pod is named twice in one command') };
}

/** The pod that an item means: 404 when it is gone, 409 when another one has its name by now. */
export function findPod(
  state: ReadonlyCluster,
  { namespace, name, uid }: PodRef,
): { ok: true; pod: StoredPod } | { ok: false; status: KubeStatus } {
  const pod = state.get('pods', namespace, name);
  if (pod === undefined) return { ok: false, status: statusOf.notFound('pods', name) };
  if (pod.metadata.uid === uid) return { ok: true, pod };
  const reason = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid}`;
  return { ok: false, status: statusOf.conflict('pods', name, reason) };
}

/** The pod with a condition set: a condition whose status stays keeps the time of its last transition. */
export function withCondition(pod: StoredPod, condition: PodCondition, time: string): StoredPod {
  const status = { ...pod.status, conditions: mergeConditions(pod.status?.conditions ?? [], [condition], time) };
  return { ...pod, status };
}

/** Conditions by type: those given replace those present, the others stay. The order is that of their first coming. */
export function mergeConditions(
  present: readonly PodCondition[],
  given: readonly PodCondition[],
  time: string,
): PodCondition[] {
  const byType = new Map(present.map((condition) => [condition.type, condition]));
  for (const condition of given) {
    const before = byType.get(condition.type);
    const since =
      before !== undefined && before.status === condition.status
        ? before.lastTransitionTime
        : (condition.lastTransitionTime ?? kubernetesTime(time));
    const { lastProbeTime: _probed, ...rest } = condition;
    byType.set(condition.type, since === undefined ? rest : { ...rest, lastTransitionTime: since });
  }
  return [...byType.values()];
}
