import { podAmounts } from '@shiplog/admission';
import { bytes } from '../../container/render/resources';
import { containersOf, type Pod } from '../../domain/pod';
import type { PodUse } from './ranking';

const STORAGE = 'ephemeral-storage';

/** Whether anything of a pod may write only so much: else it need not be measured. */
export function limitsStorage(pod: Pod): boolean {
  return containersOf(pod).some(({ resources }) => bytes(resources?.limits?.[STORAGE]) > 0);
}

/**
 * Why a pod has to go that has written more than it may, as Kubernetes says it, with its blank at the end; undefined while it has not,
 * or can't be measured: its own volumes and files count with all that its containers wrote against the sum of their limits, what
 * one container wrote against that one's (podEphemeralStorageLimitEviction and containerEphemeralStorageLimitEviction in
 * pkg/kubelet/eviction).
 */
export function storageExceeded({ pod, used, containers }: PodUse): string | undefined {
  const total = podAmounts(pod.spec ?? { containers: [] }, 'limits').texts()[STORAGE];
  if (total !== undefined && used !== undefined && used > bytes(total))
    return `Pod ephemeral local storage usage exceeds the total limit of containers ${total}. `;
  for (const { name, resources } of pod.spec?.containers ?? []) {
    const limit = resources?.limits?.[STORAGE];
    const isOver = containers.some((container) => container.name === name && container.used > bytes(limit));
    if (bytes(limit) > 0 && isOver) return `Container ${name} exceeded its local ephemeral storage limit "${limit}". `;
  }
  return undefined;
}
