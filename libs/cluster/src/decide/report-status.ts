import type { PodStatus } from '@shiplog/contracts';
import { mergeConditions } from './pod-items';

/**
 * The status that a report leads to. The kubelet speaks for what it names; what it leaves out stays, except reason and
 * message, which belong to the phase. Conditions of others (PodScheduled) stay, and a pod that has ended stays ended.
 */
export function statusAfterReport(before: PodStatus, reported: PodStatus, time: string): PodStatus {
  const { reason: _reason, message: _message, ...kept } = before;
  const merged: PodStatus = { ...kept, ...withoutNulls(reported) };
  if (reported.conditions !== undefined) {
    merged.conditions = mergeConditions(before.conditions ?? [], reported.conditions, time);
  }
  return hasEnded(before) ? keepEnd(before, merged) : merged;
}

function withoutNulls(status: PodStatus): PodStatus {
  return Object.fromEntries(Object.entries(status).filter(([, value]) => value !== null && value !== undefined));
}

function hasEnded({ phase }: PodStatus): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

function keepEnd({ phase, reason, message }: PodStatus, after: PodStatus): PodStatus {
  return { ...after, phase, reason, message };
}
