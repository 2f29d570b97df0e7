import type { AppliedEvent } from '@shiplog/cluster';
import { serviceActor, type LogEvent, type ObjectOf, type ObjectReference, type ResourceId } from '@shiplog/contracts';
import { controllerOf } from '@shiplog/kube';
import { jobLines } from './job-lines';
import { referenceTo, referenceToOwner } from './references';

/** One line for `kubectl describe`: what a Kubernetes Event says. */
export interface EventLine {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** Which part of the system says so, as Kubernetes names its parts. */
  readonly component: string;
  readonly host?: string;
  readonly about: ObjectReference;
}

const BACKING_OFF = 'Back-off pulling image';
const BACK_OFF = new RegExp(`^${BACKING_OFF} "[^"]*"`);
const CONTROLLER = serviceActor('controller');
/** By the kind of a pod's owner: which of Kubernetes' controllers says what became of its pods, and which one here does it. */
const POD_CONTROLLERS: Readonly<Record<string, { component: string; by: string }>> = {
  ReplicationController: { component: 'replication-controller', by: 'replication' },
  ReplicaSet: { component: 'replicaset-controller', by: 'replica-sets' },
  StatefulSet: { component: 'statefulset-controller', by: 'stateful-sets' },
  DaemonSet: { component: 'daemonset-controller', by: 'daemon-sets' },
  Job: { component: 'job-controller', by: 'job' },
};
type Pod = ObjectOf<'pods'>;

/** How events of each resource are told; of other resources nothing is. */
const RENDERERS: Partial<Record<ResourceId, (applied: AppliedEvent) => EventLine[]>> = {
  pods: podLines,
  'jobs.batch': jobLines,
  'replicasets.apps': replicaSetLines,
  nodes: nodeLines,
};

/** The resources whose events lines are made of. */
export const TOLD = Object.keys(RENDERERS) as readonly ResourceId[];

/**
 * The lines that Kubernetes' components would have written for an event of the log. `before` and `after` may be missing
 * (an event read back from the log, without the state around it); what needs them is then left out. What the log does not
 * hold (a pull that went well, a container that was created but not yet started) the kubelet says in notes.
 */
export function eventLinesOf(applied: AppliedEvent): EventLine[] {
  return RENDERERS[applied.event.resource]?.(applied) ?? [];
}

function podLines({ event, before, after }: AppliedEvent): EventLine[] {
  const about = referenceTo(event, 'Pod');
  const pod = (after ?? before ?? event.data.object) as Pod | undefined;
  const lines = (component: string, type: EventLine['type'], reason: string, message: string): EventLine[] => [
    { component, type, reason, message, about },
  ];
  switch (event.fact) {
    case 'Created':
      return ownerLines(event, pod, 'Create');
    case 'Scheduled':
      return lines(
        'default-scheduler',
        'Normal',
        'Scheduled',
        `Successfully assigned ${event.namespace}/${event.name} to ${event.node}`,
      );
    case 'Unschedulable':
      return lines('default-scheduler', 'Warning', 'FailedScheduling', fact(event, 'message') ?? 'no node fits');
    case 'Preempted':
      return lines('default-scheduler', 'Normal', 'Preempted', preemptedText(event));
    case 'DeletionRequested':
      return [...killingLines(event, pod), ...deletedByOwner(event, pod)];
    case 'Deleted':
      // That one on its way was to be deleted is told already.
      return before?.metadata.deletionTimestamp === undefined ? deletedByOwner(event, pod) : [];
    case 'ContainerStarted':
      return startedLines(event, pod);
    case 'ContainerWaiting':
      return waitingLines(event, pod);
    default:
      return [];
  }
}

function preemptedText({ data: { facts } }: LogEvent): string {
  const { by, node } = (facts ?? {}) as { by?: { uid?: string }; node?: string };
  return `Preempted by pod ${by?.uid} on node ${node}`;
}

/** What a pod's owner did to it is told of the owner. */
function ownerLines(event: LogEvent, pod: Pod | undefined, verb: 'Create' | 'Delete'): EventLine[] {
  const owner = controllerOf(pod);
  const controller = owner === undefined ? undefined : POD_CONTROLLERS[owner.kind];
  if (owner === undefined || controller === undefined) return [];
  const { component } = controller;
  const message =
    owner.kind === 'StatefulSet'
      ? `${verb.toLowerCase()} Pod ${event.name} in StatefulSet ${owner.name} successful`
      : `${verb}d pod: ${event.name}`;
  return [{ component, type: 'Normal', reason: `Successful${verb}`, message, about: referenceToOwner(event, owner) }];
}

/** What a Deployment does to its ReplicaSets is told of the Deployment; what a user does to them is not. */
function replicaSetLines({ event, before, after }: AppliedEvent): EventLine[] {
  const set = (after ?? before ?? event.data.object) as ObjectOf<'replicasets.apps'> | undefined;
  const owner = controllerOf(set);
  if (event.actor !== CONTROLLER || owner?.kind !== 'Deployment') return [];
  const isNew = event.fact === 'Created';
  if (!isNew && event.fact !== 'ReplicasChanged') return [];
  const from = isNew ? 0 : Number(fact(event, 'from') ?? 0);
  const to = isNew ? (set?.spec?.replicas ?? 0) : Number(fact(event, 'to') ?? 0);
  if (from === to) return [];
  const message = `Scaled ${to > from ? 'up' : 'down'} replica set ${event.name} from ${from} to ${to}`;
  const about = referenceToOwner(event, owner);
  return [{ component: 'deployment-controller', type: 'Normal', reason: 'ScalingReplicaSet', message, about }];
}

/** Not what goes with its owner, from a lost or tainted node, or otherwise by another controller; earlier logs don't tell whose it was. */
function deletedByOwner(event: LogEvent, pod: Pod | undefined): EventLine[] {
  const { by } = event.data.reconciled ?? {};
  const isOwn = by === undefined || by === POD_CONTROLLERS[controllerOf(pod)?.kind ?? '']?.by;
  if (event.actor !== CONTROLLER || !isOwn) return [];
  return ownerLines(event, pod, 'Delete');
}

function killingLines(event: LogEvent, pod: Pod | undefined): EventLine[] {
  if (pod?.spec?.nodeName === undefined) return [];
  const running = (pod.status?.containerStatuses ?? []).filter((status) => status.state?.running !== undefined);
  return running.map(({ name }) =>
    lineOf(containerOf(event, pod, name), 'Normal', 'Killing', `Stopping container ${name}`),
  );
}

function startedLines(event: LogEvent, pod: Pod | undefined): EventLine[] {
  const name = fact(event, 'container') ?? '';
  return [lineOf(containerOf(event, pod, name), 'Normal', 'Started', `Started container ${name}`)];
}

function waitingLines(event: LogEvent, pod: Pod | undefined): EventLine[] {
  const name = fact(event, 'container') ?? '';
  const message = fact(event, 'message') ?? '';
  const container = containerOf(event, pod, name);
  const warns = (reason: string, text: string): EventLine => lineOf(container, 'Warning', reason, text);
  const reason = fact(event, 'reason') ?? '';
  switch (reason) {
    case 'CrashLoopBackOff': {
      const where = `${event.name}_${event.namespace}(${event.uid})`;
      return [warns('BackOff', `Back-off restarting failed container ${name} in pod ${where}`)];
    }
    case 'ErrImagePull':
    case 'ErrImageNeverPull':
    case 'InvalidImageName':
      // Why is told by the kubelet, when it looks for the image.
      return [warns('Failed', `Error: ${reason}`)];
    case 'ImagePullBackOff':
      return [
        // Why is in the container's status; here it would make another event of each reason.
        lineOf(container, 'Normal', 'BackOff', BACK_OFF.exec(message)?.[0] ?? `${BACKING_OFF} ${imageOf(pod, name)}`),
        warns('Failed', 'Error: ImagePullBackOff'),
      ];
    default:
      // Why a container was not made or started is told by the kubelet, at each attempt.
      return [];
  }
}

function imageOf(pod: Pod | undefined, container: string): string {
  const { containers = [], initContainers = [] } = pod?.spec ?? {};
  return JSON.stringify([...containers, ...initContainers].find(({ name }) => name === container)?.image ?? '');
}

/** Whose line it is: a container of a pod, and the node it is on. */
type Spoken = Pick<EventLine, 'about' | 'component' | 'host'>;

function containerOf(event: LogEvent, pod: Pod | undefined, container: string): Spoken {
  const isInit = (pod?.spec?.initContainers ?? []).some(({ name }) => name === container);
  const fieldPath = `spec.${isInit ? 'initContainers' : 'containers'}{${container}}`;
  return { component: 'kubelet', host: event.node, about: { ...referenceTo(event, 'Pod'), fieldPath } };
}

function lineOf(spoken: Spoken, type: EventLine['type'], reason: string, message: string): EventLine {
  return { ...spoken, type, reason, message };
}

function nodeLines({ event }: AppliedEvent): EventLine[] {
  const { name } = event;
  const about = referenceTo(event, 'Node');
  const lines = (component: string, reason: string, message: string): EventLine[] => [
    { component, type: 'Normal', reason, message, about, ...(component === 'kubelet' ? { host: name } : {}) },
  ];
  const became = (component: string, status: string): EventLine[] =>
    lines(component, status, `Node ${name} status is now: ${status}`);
  switch (event.fact) {
    case 'Created':
      return lines('node-controller', 'RegisteredNode', `Node ${name} event: Registered Node ${name} in Controller`);
    case 'Deleted':
      return lines('node-controller', 'RemovingNode', `Node ${name} event: Removing Node ${name} from Controller`);
    case 'BecameReady':
      return became('kubelet', 'NodeReady');
    case 'BecameNotReady':
      return became('kubelet', 'NodeNotReady');
    case 'Lost':
      return became('node-controller', 'NodeNotReady');
    case 'Cordoned':
      return became('kubelet', 'NodeNotSchedulable');
    case 'Uncordoned':
      return became('kubelet', 'NodeSchedulable');
    default:
      return [];
  }
}

function fact(event: LogEvent, name: string): string | undefined {
  const value = event.data.facts?.[name];
  return value === undefined ? undefined : String(value);
}
