import { formatQuantity } from '@shiplog/apimachinery';
import { bytes } from '../../container/render/resources';
import { amountOf } from '../domain/thresholds';
import type { Observation, Threshold } from './pressure';
import type { PodUse, Reclaimed } from './ranking';

/** Why a pod has to go, as Kubernetes says it, with its blank at the end (evictionMessage in pkg/kubelet/eviction/helpers.go). */
export function renderEviction(
  reclaimed: Reclaimed,
  threshold: Threshold,
  observation: Observation,
  { pod, containers }: PodUse,
): string {
  const least = render(reclaimed, amountOf(threshold.value, observation.capacity));
  const left = render(reclaimed, observation.available);
  const message = `The node was low on resource: ${reclaimed}. Threshold quantity: ${least}, available: ${left}. `;
  const blamed = containers.flatMap(({ name, used }) => {
    const asked = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].find(
      (container) => container.name === name,
    )?.resources?.requests?.[reclaimed];
    if (used <= bytes(asked)) return [];
    const described = `was using ${render(reclaimed, used)}, request is ${asked ?? '0'}`;
    return [`Container ${name} ${described}, has larger consumption of ${reclaimed}. `];
  });
  return message + blamed.join('');
}

function render(reclaimed: Reclaimed, amount: number): string {
  const isBytes = reclaimed === 'memory' || reclaimed === 'ephemeral-storage';
  return formatQuantity(BigInt(Math.floor(amount)) * 1_000n, isBytes ? 'binary' : 'decimal');
}
