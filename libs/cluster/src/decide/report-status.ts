import type { KubeStatus, Pod, PodStatus } from '@shiplog/contracts';
import { validatePodStatus } from '@shiplog/admission';
import { decodeObject, Problems, statusOf } from '@shiplog/apimachinery';
import { mergeConditions } from './pod-items';

/**
 * The status that a report leads to. The kubelet speaks for what it names; what it leaves out stays, except reason and
 * message, which belong to the phase. Conditions of others (PodScheduled) stay, and a pod that has ended stays ended.
 */
export function statusAfterReport(before: PodStatus, reported: PodStatus, time: string): PodStatus {
  const { reason: _reason, message: _message, ...kept } = before;
  const merged: PodStatus = { ...kept, ...reported };
  if (reported.conditions !== undefined) {
    merged.conditions = mergeConditions(before.conditions ?? [], reported.conditions, time);
  }
  return hasEnded(before) ? keepEnd(before, merged) : merged;
}

function hasEnded({ phase }: PodStatus): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

function keepEnd({ phase, reason, message }: PodStatus, after: PodStatus): PodStatus {
  return { ...after, phase, reason, message };
}

/**
 * A status as it came, read by the API's own types: unknown fields and nulls are dropped, wrong types are a 400, and
 * addresses that are none a 422.
 */
export function readStatus(
  name: string,
  status: PodStatus,
): { ok: true; status: PodStatus } | { ok: false; status: KubeStatus } {
  const decoded = decodeObject('pods', { metadata: {}, spec: { containers: [] }, status });
  if (!decoded.ok) return decoded;
  const read = (decoded.value as unknown as Pod).status ?? {};
  const problems = new Problems();
  validatePodStatus(read, problems);
  return problems.none
    ? { ok: true, status: read }
    : { ok: false, status: statusOf.invalid('pods', name, problems.causes) };
}
