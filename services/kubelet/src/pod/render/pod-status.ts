import type { Container, ContainerStatus, PodStatus } from '@shiplog/contracts';
import { kubernetesTime, isSidecar } from '@shiplog/kube';
import { renderConditions } from './conditions';
import { renderContainerStatus } from './container-status';
import { deadlineOf, type PodView } from '../domain/view';
import { isTerminal } from '../../domain/pod';

/** The whole status of a pod, as the kubelet reports it; what others wrote into it is kept. */
export function renderStatus(view: PodView): PodStatus {
  const { pod, acceptedAt } = view;
  const before = pod.status ?? {};
  const neverRun = refusedStatus(view);
  if (neverRun !== undefined) return neverRun;
  const late = isEnded(view);
  const over = late || view.desiredPhase !== 'run' || isTerminal(before.phase);
  const starting = initStatuses(view, over);
  const initialized = isInitialized(view, starting);
  const containerStatuses = (pod.spec?.containers ?? []).map((container) =>
    renderContainerStatus(view, container, {
      waitingFor: starting.length > 0 ? 'PodInitializing' : 'ContainerCreating',
      over,
    }),
  );
  const facts = { initContainerStatuses: starting, containerStatuses, initialized, late };
  const isDone = isTerminal(phaseOfContainers(view, facts));
  const initContainerStatuses = isDone && !over ? initStatuses(view, true) : starting;
  const phase = phaseOf(view, { ...facts, initContainerStatuses });
  const { hostIPs } = view;
  const { reason, message } = late && phase === 'Failed' ? (view.eviction ?? DEADLINE) : before;
  return dropAbsent({
    ...before,
    phase,
    reason,
    message,
    conditions: renderConditions(view, { phase, initialized, initContainerStatuses, containerStatuses }),
    hostIP: hostIPs[0],
    hostIPs: hostIPs.map((ip) => ({ ip })),
    ...podAddresses(view),
    startTime: before.startTime ?? kubernetesTime(acceptedAt),
    initContainerStatuses: initContainerStatuses.length === 0 ? undefined : initContainerStatuses,
    containerStatuses,
    ephemeralContainerStatuses: ephemeralStatuses(view, over),
  });
}

/** Those that it has, or had: a pod that ended is still found by them. */
function podAddresses({ podIPs, pod }: PodView): Pick<PodStatus, 'podIP' | 'podIPs'> {
  const [podIP] = podIPs;
  if (podIP !== undefined) return { podIP, podIPs: podIPs.map((ip) => ({ ip })) };
  const before = pod.status ?? {};
  if (before.podIP === undefined) return {};
  return { podIP: before.podIP, podIPs: before.podIPs ?? [{ ip: before.podIP }] };
}

/** Of a pod that was refused nothing was ever started, so there is nothing else to tell (rejectPod of pkg/kubelet). */
function refusedStatus({ pod, refusal, containers, acceptedAt }: PodView): PodStatus | undefined {
  const before = pod.status ?? {};
  if (isTerminal(before.phase))
    return before.containerStatuses === undefined && containers.length === 0 ? before : undefined;
  if (refusal === undefined) return undefined;
  return {
    ...before,
    phase: 'Failed',
    reason: refusal.reason,
    message: `Pod was rejected: ${refusal.message}`,
    startTime: before.startTime ?? kubernetesTime(acceptedAt),
  };
}

export const DEADLINE = {
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
};

/** Whether the pod has outlived its activeDeadlineSeconds before it ended. */
export function isLate(view: PodView): boolean {
  const deadline = deadlineOf(view);
  return deadline !== undefined && deadline <= view.now && !isTerminal(view.pod.status?.phase);
}

/** Whether the kubelet ends the pod, for whichever reason. */
function isEnded(view: PodView): boolean {
  return (view.eviction !== undefined && !isTerminal(view.pod.status?.phase)) || isLate(view);
}

function initStatuses(view: PodView, over: boolean): ContainerStatus[] {
  return (view.pod.spec?.initContainers ?? []).map((container) =>
    renderContainerStatus(view, container, { waitingFor: 'PodInitializing', over }),
  );
}

/** They count for nothing: a pod is as ready, and as far, as it would be without them. */
function ephemeralStatuses(view: PodView, over: boolean): ContainerStatus[] | undefined {
  const containers = view.pod.spec?.ephemeralContainers ?? [];
  if (containers.length === 0) return undefined;
  return containers.map((container) => ({
    ...renderContainerStatus(view, container, { waitingFor: 'ContainerCreating', over }),
    ready: false,
  }));
}

function isPassed(container: Container, status: ContainerStatus): boolean {
  return isSidecar(container) ? status.started === true : status.state?.terminated?.exitCode === 0;
}

function isInitialized(view: PodView, statuses: readonly ContainerStatus[]): boolean {
  const inits = view.pod.spec?.initContainers ?? [];
  return inits.every((container, i) => {
    const status = statuses[i];
    return status !== undefined && isPassed(container, status);
  });
}

/** Whether nothing of the pod is to run any more: its containers have ended for good, or it is over. */
export function hasEnded(view: PodView, status: PodStatus): boolean {
  const { phase, initContainerStatuses = [], containerStatuses = [] } = status;
  const initialized = isInitialized(view, initContainerStatuses);
  const facts = { initContainerStatuses, containerStatuses, initialized, late: isEnded(view) };
  return facts.late || isTerminal(phase) || isTerminal(phaseOfContainers(view, facts));
}

interface PhaseFacts {
  initContainerStatuses: readonly ContainerStatus[];
  containerStatuses: readonly ContainerStatus[];
  initialized: boolean;
  /** The kubelet ends the pod. */
  late: boolean;
}

/**
 * Kubernetes' rule of a pod's phase (getPhase in kubelet_pods.go). A final phase never changes, and comes only when nothing of the
 * pod runs any more: whoever sees it may put another in its place.
 */
function phaseOf(view: PodView, facts: PhaseFacts): string {
  const before = view.pod.status?.phase;
  if (before !== undefined && isTerminal(before)) return before;
  const phase = facts.late ? 'Failed' : phaseOfContainers(view, facts);
  if (!isTerminal(phase)) return phase;
  const { containers, busy } = view;
  const runs = containers.some(({ role, state }) => role !== 'sandbox' && state.phase === 'running');
  const starts = [...busy].some((task) => task.startsWith('start:'));
  if (!runs && !starts) return phase;
  return before === 'Running' || (runs && facts.initialized) ? 'Running' : 'Pending';
}

/** What the phase would be if there were no sidecars. */
function phaseOfContainers(view: PodView, facts: PhaseFacts): string {
  const { pod, desiredPhase } = view;
  const policy = pod.spec?.restartPolicy ?? 'Always';
  if (policy === 'Never' && hasFailedInit(view, facts.initContainerStatuses)) return 'Failed';
  const states = facts.containerStatuses.map(({ state, lastState }) => ({ state, lastState }));
  const runs = states.filter(({ state }) => state?.running !== undefined).length;
  const ended = states.flatMap(({ state }) => (state?.terminated === undefined ? [] : [state.terminated]));
  const crashed = states.filter(
    ({ state, lastState }) => state?.waiting !== undefined && lastState?.terminated !== undefined,
  ).length;
  const waits = states.length - runs - ended.length - crashed;
  const closing = desiredPhase !== 'run' && runs === 0 && ended.length > 0;
  if (closing) return ended.every((item) => item.exitCode === 0) && waits + crashed === 0 ? 'Succeeded' : 'Failed';
  if (!facts.initialized && runs + ended.length + crashed === 0) return 'Pending';
  if (waits > 0) return 'Pending';
  if (runs > 0 || crashed > 0 || policy === 'Always') return 'Running';
  if (ended.every((item) => item.exitCode === 0)) return 'Succeeded';
  return policy === 'Never' ? 'Failed' : 'Running';
}

function hasFailedInit(view: PodView, statuses: readonly ContainerStatus[]): boolean {
  const inits = view.pod.spec?.initContainers ?? [];
  return inits.some((container, i) => {
    const ended = statuses[i]?.state?.terminated;
    return !isSidecar(container) && ended !== undefined && ended.exitCode !== 0;
  });
}

/** The log holds no undefined and no null: a field that has no value is not there. */
function dropAbsent(status: PodStatus): PodStatus {
  return Object.fromEntries(Object.entries(status).filter(([, value]) => value !== undefined)) as PodStatus;
}
