import { conditionOf, type StoredPod } from '@shiplog/kube';
import type { NodeFacts } from '../facts/node-facts';
import type { PodFacts } from '../facts/pod-facts';

/** Whether others may have to go for a pod at all. */
export function mayPreempt({ pod }: PodFacts): boolean {
  return pod.spec?.preemptionPolicy !== 'Never';
}

/**
 * Whether pods end already on the node that a pod is nominated to, for it or another: it waits for them, and nobody else has to go.
 *
 * @param resolvable the nodes that might take it if pods left them
 */
export function isEndingFor({ pod, priority }: PodFacts, resolvable: readonly NodeFacts[]): boolean {
  const name = pod.status?.nominatedNodeName ?? '';
  const node = name === '' ? undefined : resolvable.find((item) => item.name === name);
  return node?.pods.below(priority).some((other) => isPreempted(other.pod)) ?? false;
}

/** Whether a pod ends because another one was preferred to it. */
function isPreempted(pod: StoredPod): boolean {
  if (pod.metadata.deletionTimestamp === undefined) return false;
  const condition = conditionOf(pod, 'DisruptionTarget');
  return condition?.status === 'True' && condition.reason === 'PreemptionByScheduler';
}
