import type { Container, ContainerStatus, ResourceRequirements } from '@shiplog/contracts';
import type { AdmissionRefusal, ResizeRefusal } from '@shiplog/scheduling';
import type { Pod } from '../../domain/pod';
import type { ProbeVerdict } from '../../probes/rules/verdict';
import { resizeOf, type ContainerResize } from '../../resize/domain/resize';
import type { ObservedContainer, RuntimeName } from '../../runtime/runtime';

/** Why something of a pod does not go on, as a waiting reason; tried again at `retryAt` (epoch milliseconds). */
export interface SyncError {
  readonly reason: string;
  readonly message: string;
  readonly retryAt: number;
  /** What it is called once it has been seen: Kubernetes' ErrImagePull turns into ImagePullBackOff. */
  readonly later?: { readonly at: number; readonly reason: string; readonly message: string };
}

/** What a sync error is called at a moment. */
export function waitingReasonOf(
  { reason, message, later }: SyncError,
  now: number,
): { reason: string; message: string } {
  return later !== undefined && later.at <= now
    ? { reason: later.reason, message: later.message }
    : { reason, message };
}

/** Why the kubelet ends a pod of its own accord. */
export interface Ending {
  readonly reason: string;
  readonly message: string;
  /** What a condition says where it goes for the good of its node or of other pods. */
  readonly disruption?: string;
  /** What it has for its end, at most; undefined: next to nothing, so that it can't take more. */
  readonly graceSeconds?: number;
  /** Whether a critical pod ends by it, too. */
  readonly endsCritical?: boolean;
}

/** What the log wants of the pod: that it runs, that it ends (deletionTimestamp), or nothing, since it is not there. */
export type DesiredPhase = 'run' | 'end' | 'gone';

/** Work of the worker that is under way; each at most once at a time. */
export type Task =
  | 'sandbox'
  | 'attach'
  | 'resize'
  | 'drop-sandbox'
  | 'finish'
  | `start:${string}`
  | `kill:${string}`
  | `remove:${string}`;

/** One moment of a pod, as its worker sees it: all that deciding and rendering look at. */
export interface PodView {
  readonly pod: Pod;
  /** Epoch milliseconds. */
  readonly now: number;
  /** When this kubelet first saw the pod, epoch milliseconds. */
  readonly acceptedAt: number;
  readonly desiredPhase: DesiredPhase;
  /** Why this node does not run the pod; undefined when it does. */
  readonly refusal?: AdmissionRefusal;
  /** Why its containers may not have what it asks for; undefined: they may. `pod` asks for what they may have. */
  readonly resize?: ResizeRefusal;
  /** Why its containers could not be given last what they may have; undefined: they could. */
  readonly resizeError?: string;
  /** The node can't keep it; undefined: it can. */
  readonly eviction?: Ending;
  readonly runtimeName: RuntimeName;
  readonly containers: readonly ObservedContainer[];
  readonly busy: ReadonlySet<Task>;
  /** By container name; '' for what concerns the whole pod. */
  readonly syncErrors: ReadonlyMap<string, SyncError>;
  /** By container id. */
  readonly probes: ReadonlyMap<string, ProbeVerdict>;
  /** Termination messages by container id. */
  readonly messages: ReadonlyMap<string, string>;
  /** How an image id is written in statuses, by image id. */
  readonly imageNames: ReadonlyMap<string, string>;
  /** The node's addresses, the primary one first. */
  readonly hostIPs: readonly string[];
  /** The primary one first; empty until the pod has its network. */
  readonly podIPs: readonly string[];
  /** The sandbox's process whose namespace has the pod's network, as far as this kubelet knows. */
  readonly attachedPid?: number;
}

/** What was reported of the pod's containers last, of whichever kind. */
export function reportedStatuses({ pod }: Pick<PodView, 'pod'>): readonly ContainerStatus[] {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  return [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses];
}

/** Containers of a name, newest attempt first. */
export function attemptsOf(view: PodView, name: string): ObservedContainer[] {
  return view.containers
    .filter((item) => item.name === name && item.role !== 'sandbox')
    .sort((a, b) => b.attempt - a.attempt || startedMs(b) - startedMs(a));
}

/** The sandbox that counts: the running one, else the newest. */
export function sandboxOf(view: PodView): ObservedContainer | undefined {
  const sandboxes = view.containers.filter((item) => item.role === 'sandbox').sort((a, b) => b.attempt - a.attempt);
  return sandboxes.find((item) => item.state.phase === 'running') ?? sandboxes[0];
}

/** What probes say of a running container; until they have said anything: what was reported, else not ready. */
export function verdictOf(view: PodView, container: Container, running: ObservedContainer): ProbeVerdict {
  const verdict = view.probes.get(running.id);
  if (verdict !== undefined) return verdict;
  const { startupProbe, readinessProbe } = container;
  const reported = reportedStatuses(view).find(
    (item) => item.containerID === containerUrl(view, running.id) && item.state?.running !== undefined,
  );
  const started = startupProbe === undefined || reported?.started === true;
  return { started, ready: started && (readinessProbe === undefined || reported?.ready === true) };
}

/** What a container has: as this kubelet, or an earlier one, has given it; undefined when neither says so. */
export function givenTo(view: PodView, { id, resources }: ObservedContainer): ResourceRequirements | undefined {
  return (
    resources ?? reportedStatuses(view).find(({ containerID }) => containerID === containerUrl(view, id))?.resources
  );
}

/** The containers that run and are to have other amounts than they have. */
export function resizesOf(
  view: PodView,
): { readonly id: string; readonly container: Container; readonly how: ContainerResize }[] {
  const { containers = [], initContainers = [] } = view.pod.spec ?? {};
  return [...containers, ...initContainers].flatMap((container) => {
    const latest = attemptsOf(view, container.name)[0];
    if (latest?.state.phase !== 'running') return [];
    const how = resizeOf(container, givenTo(view, latest));
    return how === 'none' ? [] : [{ id: latest.id, container, how }];
  });
}

/** How container ids are written in statuses. */
export function containerUrl({ runtimeName }: Pick<PodView, 'runtimeName'>, id: string): string {
  return `${runtimeName}://${id}`;
}

/** When a container was started, epoch milliseconds; 0 when it never was. */
export function startedMs(container: ObservedContainer): number {
  return container.state.phase === 'created' ? 0 : Date.parse(container.state.startedAt);
}

/** When the pod has run for as long as it may, epoch milliseconds; undefined for no limit. */
export function deadlineOf({ pod, acceptedAt }: PodView): number | undefined {
  const seconds = pod.spec?.activeDeadlineSeconds;
  if (seconds === undefined) return undefined;
  const start = pod.status?.startTime;
  return (start === undefined ? acceptedAt : Date.parse(start)) + seconds * 1_000;
}

/** Whether the sandbox was started anew behind our back: its network namespace is another, empty one. */
export function isBroken(view: PodView, sandbox: ObservedContainer): boolean {
  if (sandbox.state.phase !== 'running' || view.attachedPid === undefined) return false;
  return sandbox.state.pid !== undefined && sandbox.state.pid !== view.attachedPid;
}
