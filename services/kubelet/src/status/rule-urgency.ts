import type { PodStatus } from '@shiplog/contracts';

/** Waiting reasons that say no more than that the pod is on its way. */
const ON_ITS_WAY = new Set(['ContainerCreating', 'PodInitializing']);

/**
 * Whether a status has anything to say that somebody waits for. A pod that is just being started will soon have more to
 * say: in most cases its first report is that it runs, and one write to the log is saved.
 */
export function isUrgent(status: PodStatus): boolean {
  if (status.phase !== 'Pending') return true;
  const all = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])];
  return all.some(({ state }) => state?.waiting === undefined || !ON_ITS_WAY.has(state.waiting.reason ?? ''));
}
