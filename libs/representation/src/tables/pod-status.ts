import type { ContainerState, ContainerStatus, Pod, PodCondition } from '@shiplog/contracts';
import { conditionOf, isSidecar } from '@shiplog/kube';

/** What the STATUS, READY and RESTARTS columns of a pod are made from. */
export interface PodSummary {
  /** One word on how the pod is: its phase, or what keeps it from running, or how it ended. */
  readonly status: string;
  readonly ready: number;
  readonly total: number;
  readonly restarts: number;
  /** RFC 3339; when the last restarted container had ended. */
  readonly lastRestart?: string;
}

/** Sums a pod up the way `kubectl get pods` does, so that the words are the ones its users know. */
export function summarisePod(pod: Pod): PodSummary {
  const sidecars = new Set((pod.spec?.initContainers ?? []).filter(isSidecar).map((container) => container.name));
  const init = summariseInit(pod, sidecars);
  const started = init.status === undefined || conditionIs(pod, 'Initialized');
  const main = started ? summariseMain(pod, wordOf(pod)) : undefined;
  const restarts = main === undefined ? init : { restarts: init.sidecarRestarts, lastRestart: init.sidecarLastRestart };
  return {
    status: deletionWord(pod) ?? main?.status ?? init.status ?? wordOf(pod),
    ready: init.readySidecars + (main?.ready ?? 0),
    total: (pod.spec?.containers ?? []).length + sidecars.size,
    restarts: restarts.restarts + (main?.restarts ?? 0),
    lastRestart: latest(restarts.lastRestart, main?.lastRestart),
  };
}

/** The pod's own word: its reason (Evicted …) if it gives one, else its phase. */
function wordOf(pod: Pod): string {
  if (conditionOf(pod, 'PodScheduled')?.reason === 'SchedulingGated') return 'SchedulingGated';
  return pod.status?.reason || pod.status?.phase || '';
}

function deletionWord(pod: Pod): string | undefined {
  if (pod.metadata.deletionTimestamp === undefined) return undefined;
  if (pod.status?.reason === 'NodeLost') return 'Unknown';
  const phase = pod.status?.phase;
  return phase === 'Succeeded' || phase === 'Failed' ? undefined : 'Terminating';
}

interface InitSummary {
  /** Absent once every init container has done its part. */
  status?: string;
  restarts: number;
  lastRestart?: string;
  readySidecars: number;
  sidecarRestarts: number;
  sidecarLastRestart?: string;
}

function summariseInit(pod: Pod, sidecars: ReadonlySet<string>): InitSummary {
  const sum: InitSummary = { restarts: 0, readySidecars: 0, sidecarRestarts: 0 };
  const statuses = pod.status?.initContainerStatuses ?? [];
  const total = pod.spec?.initContainers?.length ?? 0;
  for (const [index, status] of statuses.entries()) {
    const ended = status.lastState?.terminated?.finishedAt;
    sum.restarts += status.restartCount;
    sum.lastRestart = latest(sum.lastRestart, ended);
    if (sidecars.has(status.name)) {
      sum.sidecarRestarts += status.restartCount;
      sum.sidecarLastRestart = latest(sum.sidecarLastRestart, ended);
    }
    if (status.state?.terminated?.exitCode === 0) continue;
    if (sidecars.has(status.name) && status.started === true) {
      if (status.ready) sum.readySidecars++;
      continue;
    }
    sum.status = initWord(status.state, index, total);
    return sum;
  }
  return sum;
}

function initWord(state: ContainerState | undefined, index: number, total: number): string {
  if (state?.terminated !== undefined) return `Init:${endWord(state.terminated)}`;
  const waiting = state?.waiting?.reason ?? '';
  if (waiting !== '' && waiting !== 'PodInitializing') return `Init:${waiting}`;
  return `Init:${index}/${total}`;
}

function summariseMain(pod: Pod, fallback: string): Omit<PodSummary, 'total'> {
  const sum = { status: fallback, ready: 0, restarts: 0, lastRestart: undefined as string | undefined };
  const statuses = pod.status?.containerStatuses ?? [];
  let running = false;
  // From the last to the first, so that the first container's word is the one that stays.
  for (const status of [...statuses].reverse()) {
    sum.restarts += status.restartCount;
    sum.lastRestart = latest(sum.lastRestart, status.lastState?.terminated?.finishedAt);
    const word = containerWord(status);
    if (word !== undefined) sum.status = word;
    else if (status.ready && status.state?.running !== undefined) {
      running = true;
      sum.ready++;
    }
  }
  if (sum.status === 'Completed' && running) sum.status = conditionIs(pod, 'Ready') ? 'Running' : 'NotReady';
  return sum;
}

function containerWord(status: ContainerStatus): string | undefined {
  const waiting = status.state?.waiting?.reason ?? '';
  if (waiting !== '') return waiting;
  return status.state?.terminated === undefined ? undefined : endWord(status.state.terminated);
}

function endWord(ended: NonNullable<ContainerState['terminated']>): string {
  if (ended.reason !== undefined && ended.reason !== '') return ended.reason;
  return ended.signal !== undefined && ended.signal !== 0 ? `Signal:${ended.signal}` : `ExitCode:${ended.exitCode}`;
}

function conditionIs(pod: Pod, type: PodCondition['type']): boolean {
  return (pod.status?.conditions ?? []).some((condition) => condition.type === type && condition.status === 'True');
}

function latest(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Date.parse(a) >= Date.parse(b) ? a : b;
}
