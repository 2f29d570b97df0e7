import type { Container, ContainerState, ContainerStateTerminated, ContainerStatus } from '@shiplog/contracts';
import { goDurationOf, kubernetesTime } from '@shiplog/kube';
import type { ObservedContainer } from '../../runtime/runtime';
import { imageName } from '../../images/domain/image-name';
import { restartOf, restartsAfter } from '../decide/restart';
import {
  attemptsOf,
  containerUrl,
  givenTo,
  reportedStatuses,
  waitingReasonOf,
  verdictOf,
  type PodView,
} from '../domain/view';
import { restartPolicyOf } from '../../domain/pod';

/** What a kubelet says of a container it has lost every trace of (convertToAPIContainerStatuses in kubelet_pods.go). */
const LOST: ContainerStateTerminated = {
  exitCode: 137,
  reason: 'ContainerStatusUnknown',
  message: 'The container could not be located when the pod was terminated',
};

const OOM_KILLED = 'OOMKilled';

const ALL_MESSAGES_LIMIT = 12 * 1024;

/** What containerd tells of a container that it could not start. */
const NEVER_STARTED = { exitCode: 128, startedAt: '1970-01-01T00:00:00Z' };

/** The same of one that is started again. */
const LOST_AND_REPLACED: ContainerStateTerminated = {
  ...LOST,
  message: 'The container could not be located when the pod was deleted.  The container used to be Running',
};

export interface StatusOptions {
  /** What a container waits for that has not been tried yet: `ContainerCreating`, or `PodInitializing` of a pod that has init containers. */
  readonly waitingFor: string;
  /** The pod is over: nothing is started again. */
  readonly over: boolean;
}

/** One container's status, from what the engine has, what its worker is at, and what was reported before. */
export function renderContainerStatus(view: PodView, container: Container, options: StatusOptions): ContainerStatus {
  const [latest, ...older] = attemptsOf(view, container.name);
  const before = reportedBefore(view, container.name);
  const real = latest?.state.phase === 'created' ? undefined : latest;
  const state = stateOf(view, container, real, before, options);
  const lastState = lastStateOf(view, real, older, before, state);
  const isRunning = state.running !== undefined;
  const verdict = isRunning && latest !== undefined ? verdictOf(view, container, latest) : undefined;
  const done = state.terminated?.exitCode === 0 && isPlainInit(view, container);
  const shown = real ?? older.find((item) => item.state.phase !== 'created');
  const containerID = shown === undefined ? before?.containerID : containerUrl(view, shown.id);
  return {
    name: container.name,
    state,
    lastState,
    ready: done || verdict?.ready === true,
    restartCount: real?.attempt ?? before?.restartCount ?? 0,
    image: container.image ?? '',
    imageID: imageIdOf(view, shown, before),
    ...(containerID === undefined ? {} : { containerID }),
    started: verdict?.started === true,
    ...renderMounts(container),
    ...(isRunning && latest !== undefined ? renderResources(view, container, latest) : {}),
  };
}

/** What it has, and what of that was set aside for it. */
function renderResources(
  view: PodView,
  { resources = {} }: Container,
  running: ObservedContainer,
): Pick<ContainerStatus, 'resources' | 'allocatedResources'> {
  const { requests } = resources;
  return {
    resources: givenTo(view, running) ?? resources,
    ...(requests === undefined ? {} : { allocatedResources: requests }),
  };
}

/** What came of the mounts. No engine here makes what is mounted below them read-only too. */
function renderMounts({ volumeMounts = [] }: Container): Pick<ContainerStatus, 'volumeMounts'> {
  if (volumeMounts.length === 0) return {};
  const shown = volumeMounts.map(({ name, mountPath, readOnly }) => ({
    name,
    mountPath,
    ...(readOnly === true ? { readOnly, recursiveReadOnly: 'Disabled' } : {}),
  }));
  return { volumeMounts: shown };
}

function isPlainInit(view: PodView, container: Container): boolean {
  return (view.pod.spec?.initContainers ?? []).includes(container) && container.restartPolicy !== 'Always';
}

function reportedBefore(view: PodView, name: string): ContainerStatus | undefined {
  return reportedStatuses(view).find((item) => item.name === name);
}

function stateOf(
  view: PodView,
  container: Container,
  latest: ObservedContainer | undefined,
  before: ContainerStatus | undefined,
  options: StatusOptions,
): ContainerState {
  if (latest?.state.phase === 'running') {
    const settling = container.lifecycle?.postStart !== undefined && view.busy.has(`start:${container.name}`);
    return settling ? waiting(options.waitingFor) : { running: { startedAt: startedAt(view, latest, before) } };
  }
  if (latest?.state.phase === 'exited') return endedState(view, container, latest, options);
  const ended = before?.state?.terminated ?? (before?.state?.running === undefined ? undefined : LOST);
  const goesOn =
    !options.over && (ended === undefined || restartsAfter(restartPolicyOf(view.pod, container), ended.exitCode));
  if (!goesOn && ended !== undefined) return { terminated: ended };
  return syncErrorOf(view, container, options) ?? waiting(options.waitingFor);
}

/** A dead container's state: a final one, or waiting for its restart; terminated for the moment between the two. */
function endedState(
  view: PodView,
  container: Container,
  dead: ObservedContainer,
  options: StatusOptions,
): ContainerState {
  const terminated = { terminated: terminatedOf(view, dead) };
  const exitCode = terminated.terminated.exitCode;
  if (options.over || !restartsAfter(restartPolicyOf(view.pod, container), exitCode)) return terminated;
  if (view.busy.has(`start:${container.name}`)) return syncErrorOf(view, container, options) ?? terminated;
  const { dueAt, waitSeconds } = restartOf(dead);
  if (dueAt <= view.now) return syncErrorOf(view, container, options) ?? terminated;
  const { name, namespace = '', uid } = view.pod.metadata;
  const pod = `${name}_${namespace}(${uid})`;
  return waiting(
    'CrashLoopBackOff',
    `back-off ${goDurationOf(waitSeconds * 1_000)} restarting failed container=${container.name} pod=${pod}`,
  );
}

function waiting(reason: string, message?: string): ContainerState {
  return { waiting: { reason, ...(message === undefined ? {} : { message }) } };
}

function syncErrorOf(view: PodView, container: Container, { waitingFor }: StatusOptions): ContainerState | undefined {
  const syncError = view.syncErrors.get(container.name) ?? view.syncErrors.get('');
  if (syncError === undefined) return undefined;
  const { reason, message } = waitingReasonOf(syncError, view.now);
  return waiting(reason === 'ContainerCreating' ? waitingFor : reason, message);
}

function terminatedOf(view: PodView, dead: ObservedContainer): ContainerStateTerminated {
  if (dead.state.phase !== 'exited') throw new Error(`container ${dead.id} has not ended`);
  const { error, finishedAt } = dead.state;
  const oomKilled = dead.state.oomKilled || wasKilledForMemory(view, containerUrl(view, dead.id));
  const { exitCode, startedAt } = error === '' ? dead.state : NEVER_STARTED;
  const message = shareOf(view, error === '' ? (view.messages.get(dead.id) ?? '') : error);
  const reason = oomKilled ? OOM_KILLED : error !== '' ? 'StartError' : exitCode === 0 ? 'Completed' : 'Error';
  return {
    exitCode,
    reason,
    ...(message === '' ? {} : { message }),
    startedAt: kubernetesTime(startedAt),
    finishedAt: kubernetesTime(finishedAt),
    containerID: containerUrl(view, dead.id),
  };
}

/** Another kubelet may have heard of it, and the engine may have forgotten it. */
function wasKilledForMemory(view: PodView, containerID: string): boolean {
  const ended = reportedStatuses(view).flatMap(({ state, lastState }) => [state?.terminated, lastState?.terminated]);
  return ended.some((item) => item?.containerID === containerID && item.reason === OOM_KILLED);
}

/** A container's share of what the termination messages of one pod may take together (normalizeStatus of pkg/kubelet/status). */
function shareOf({ pod }: PodView, message: string): string {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {};
  const count = Math.max(1, containers.length + initContainers.length + ephemeralContainers.length);
  return Buffer.from(message)
    .subarray(0, Math.floor(ALL_MESSAGES_LIMIT / count))
    .toString();
}

/** The engine's time of the start; once reported, the reported one, so that a restart of the kubelet changes nothing. */
function startedAt(view: PodView, container: ObservedContainer, before: ContainerStatus | undefined): string {
  const reported =
    before?.containerID === containerUrl(view, container.id) ? before.state?.running?.startedAt : undefined;
  if (reported !== undefined) return reported;
  return container.state.phase === 'running' ? kubernetesTime(container.state.startedAt) : '';
}

function lastStateOf(
  view: PodView,
  latest: ObservedContainer | undefined,
  older: readonly ObservedContainer[],
  before: ContainerStatus | undefined,
  state: ContainerState,
): ContainerState {
  const shown = state.terminated?.containerID;
  const dead = [...(latest === undefined ? [] : [latest]), ...older].find(
    (item) => item.state.phase === 'exited' && containerUrl(view, item.id) !== shown,
  );
  if (dead !== undefined) return { terminated: terminatedOf(view, dead) };
  const sameAsBefore = latest === undefined ? false : before?.containerID === containerUrl(view, latest.id);
  // What was the last state while the container waited for its restart may be the state by now.
  const lastBefore =
    before?.lastState?.terminated?.containerID === shown && shown !== undefined ? {} : before?.lastState;
  if (sameAsBefore || before === undefined || state.terminated !== undefined) return lastBefore ?? {};
  const ended = before.state?.terminated ?? (before.state?.running === undefined ? undefined : LOST_AND_REPLACED);
  return ended === undefined ? (before.lastState ?? {}) : { terminated: ended };
}

function imageIdOf(view: PodView, shown: ObservedContainer | undefined, before: ContainerStatus | undefined): string {
  if (shown === undefined) return before?.imageID ?? '';
  const known = view.imageNames.get(shown.imageId);
  if (known !== undefined) return known;
  return before?.containerID === containerUrl(view, shown.id) && before.imageID !== ''
    ? before.imageID
    : imageName(view.runtimeName, { id: shown.imageId, digests: [] });
}
