import { podAmounts } from '@shiplog/admission';
import type { Pod } from '../../domain/pod';
import { bytes } from '../../container/render/resources';
import type { ObservedSignal } from './pressure';

/** What is to be had back, in Kubernetes' words. */
export type Reclaimed = 'memory' | 'ephemeral-storage' | 'inodes' | 'pids';

/** What a pod takes of that; undefined when it can't be told. */
export interface PodUse {
  readonly pod: Pod;
  readonly used: number | undefined;
  /** Of those containers that are known. */
  readonly containers: readonly { readonly name: string; readonly used: number }[];
}

export function reclaimedBy(signal: ObservedSignal): Reclaimed {
  switch (signal) {
    case 'memory.available':
    case 'allocatableMemory.available':
      return 'memory';
    case 'nodefs.available':
    case 'imagefs.available':
      return 'ephemeral-storage';
    case 'nodefs.inodesFree':
    case 'imagefs.inodesFree':
      return 'inodes';
    case 'pid.available':
      return 'pids';
  }
}

/**
 * The order in which pods go (rankMemoryPressure, rankDiskPressure and rankPIDPressure in pkg/kubelet/eviction/helpers.go): those first
 * that take more than they asked for, then by priority, then by how much more. Processes nobody asks for, so of them there is no first.
 */
export function rankForEviction(reclaimed: Reclaimed, uses: readonly PodUse[]): PodUse[] {
  const rated = uses.map((use) => {
    // What can't be told of is taken for too much.
    const excess = use.used === undefined ? Infinity : use.used - requestOf(use.pod, reclaimed);
    return { use, excess, exceeds: reclaimed !== 'pids' && excess > 0, priority: use.pod.spec?.priority ?? 0 };
  });
  rated.sort((a, b) => {
    if (a.exceeds !== b.exceeds) return a.exceeds ? -1 : 1;
    if (a.priority !== b.priority) return a.priority - b.priority;
    return a.excess === b.excess ? 0 : b.excess - a.excess;
  });
  return rated.map(({ use }) => use);
}

function requestOf({ spec }: Pod, reclaimed: Reclaimed): number {
  if (reclaimed !== 'memory' && reclaimed !== 'ephemeral-storage') return 0;
  return bytes(podAmounts(spec ?? { containers: [] }, 'requests').texts()[reclaimed]);
}
