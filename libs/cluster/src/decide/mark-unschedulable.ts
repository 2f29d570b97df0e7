import type { Command } from '@shiplog/contracts';
import { changeEvent } from './change';
import { decideItems, findPod, withCondition, type ItemOutcome } from './pod-items';
import type { DecisionContext, Decided } from './types';

type Mark = Command<'MarkPodsUnschedulable'>['data']['pods'][number];

/**
 * Decides MarkPodsUnschedulable. A scheduler says so each time it looks; only another sentence than the last one is
 * an event. A pod that was bound meanwhile stays as it is.
 */
export function decideMarkUnschedulable(
  context: DecisionContext,
  data: Command<'MarkPodsUnschedulable'>['data'],
): Decided {
  return decideItems(context, data.pods, (mark) => markOne(context, mark));
}

function markOne(context: DecisionContext, mark: Mark): ItemOutcome {
  const found = findPod(context.state, mark);
  if (!found.ok) return found;
  const { pod } = found;
  const isSettled = (pod.spec?.nodeName ?? '') !== '' || pod.metadata.deletionTimestamp !== undefined;
  if (isSettled) return { ok: true, pod, events: [] };
  const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: mark.message };
  const event = changeEvent('pods', pod, withCondition(pod, condition, context.metadata.time), {
    name: { type: 'PodUnschedulable', facts: { message: mark.message } },
    decision: mark.decision,
    cause: mark.cause,
  });
  return { ok: true, pod, events: event === undefined ? [] : [event] };
}
