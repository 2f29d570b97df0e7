import { isCritical, type Pod } from '../../domain/pod';

/** Pods that end together, and what they have for it. */
export interface ShutdownGroup {
  readonly pods: readonly Pod[];
  readonly graceSeconds: number;
}

export interface ShutdownGrace {
  /** Of all together, in milliseconds. */
  readonly totalMs: number;
  /** What of it is the critical ones', which end last. */
  readonly criticalMs: number;
}

/**
 * In which order pods end where their machine goes down: those that serve others outlive them (shutdownGracePeriod and
 * shutdownGracePeriodCriticalPods of the kubelet). A group that is done early leaves its time to nobody, as with Kubernetes.
 */
export function shutdownGroups(pods: readonly Pod[], { totalMs, criticalMs }: ShutdownGrace): ShutdownGroup[] {
  const groups = [
    { pods: pods.filter((pod) => !isCritical(pod)), graceSeconds: seconds(totalMs - criticalMs) },
    { pods: pods.filter(isCritical), graceSeconds: seconds(criticalMs) },
  ];
  return groups.filter((group) => group.pods.length > 0);
}

/** Why these graces can't be; undefined when they can (ValidateKubeletConfiguration). */
export function problemInGrace({ totalMs, criticalMs }: ShutdownGrace): string | undefined {
  if (criticalMs > totalMs)
    return 'SHUTDOWN_GRACE_PERIOD_CRITICAL_PODS is a part of SHUTDOWN_GRACE_PERIOD, and can not be longer';
  if (totalMs > 0 && totalMs < 1_000) return 'SHUTDOWN_GRACE_PERIOD is either 0 or at least 1s';
  return undefined;
}

function seconds(ms: number): number {
  return Math.max(0, Math.floor(ms / 1_000));
}
