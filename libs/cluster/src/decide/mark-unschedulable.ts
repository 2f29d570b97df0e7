import type { Command } from '@shiplog/contracts';
import { changeEvent } from './change';
import { decideItems, findPod, withCondition, type ItemOutcome } from './pod-items';
import type { Attempt, Decided } from './types';

type Mark = Command<'MarkPodsUnschedulable'>['data']['pods'][number];

/**
 * Decides MarkPodsUnschedulable. A scheduler says so each time it looks; only another sentence than the last one is
 * an event. A pod that was bound meanwhile stays as it is.
 */
export function decideMarkUnschedulable(attempt: Attempt, data: Command<'MarkPodsUnschedulable'>['data']): Decided {
  return decideItems(attempt, data.pods, (mark) => markOne(attempt, mark));
}

function markOne(attempt: Attempt, mark: Mark): ItemOutcome {
  const found = findPod(attempt.state, mark);
  if (!found.ok) return found;
  const { pod } = found;
  const isSettled = (pod.spec?.nodeName ?? '') !== '' || pod.metadata.deletionTimestamp !== undefined;
  if (isSettled) return { ok: true, pod, events: [] };
  const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: mark.message };
  const event = changeEvent('pods', pod, withCondition(pod, condition, attempt.stamp.time), {
    name: { type: 'PodUnschedulable', facts: { message: mark.message } },
    decision: mark.decision,
    cause: mark.cause,
  });
  return { ok: true, pod, events: event === undefined ? [] : [event] };
}
