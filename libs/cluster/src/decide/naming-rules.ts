import type {
  NamedFact,
  Node,
  ObjectOf,
  OwnerReference,
  Pod,
  ReplicationController,
  ResourceId,
} from '@shiplog/contracts';
import { controllerOf } from '@shiplog/kube';
import { sameJson } from '@shiplog/apimachinery';

type Facts = Readonly<Record<string, unknown>>;

/** Recognises one kind of change by what was before and what is after it. */
export interface NamingRule<R extends ResourceId = ResourceId> {
  readonly resource: R;
  readonly type: NamedFact;
  /** The facts of the change, or undefined when it is another one. */
  facts(before: ObjectOf<R>, after: ObjectOf<R>): Facts | undefined;
}

const rule = <R extends ResourceId>(resource: R, type: NamedFact, facts: NamingRule<R>['facts']): NamingRule =>
  ({ resource, type, facts }) as unknown as NamingRule;

const named = ({ kind, name, uid }: OwnerReference): Facts => ({ controller: { kind, name, uid } });

const podReady = (pod: Pod) => pod.status?.conditions?.find((condition) => condition.type === 'Ready');
const nodeReady = (node: Node) => node.status?.conditions?.find((condition) => condition.type === 'Ready');

/** The Ready condition came to have a status that it had not. */
function readyBecame(status: string): (before: Node, after: Node) => Facts | undefined {
  return (before, after) => {
    const was = nodeReady(before);
    const ready = nodeReady(after);
    if (ready?.status !== status || was?.status === status) return undefined;
    const { reason, message } = ready;
    return { from: was?.status, reason, message, lastHeard: status === 'Unknown' ? was?.lastHeartbeatTime : undefined };
  };
}

function becameUnschedulable(before: Node, after: Node): boolean {
  return after.spec?.unschedulable === true && before.spec?.unschedulable !== true;
}

function phaseBecame(phase: string): (before: Pod, after: Pod) => Facts | undefined {
  return (before, after) => {
    if (after.status?.phase !== phase || before.status?.phase === phase) return undefined;
    return { from: before.status?.phase, reason: after.status.reason, message: after.status.message };
  };
}

function podReadyBecame(ready: boolean): (before: Pod, after: Pod) => Facts | undefined {
  return (before, after) => {
    const now = podReady(after);
    if ((now?.status === 'True') !== ready || (podReady(before)?.status === 'True') === ready) return undefined;
    return { reason: now?.reason, message: now?.message };
  };
}

function replicasChanged(before: ReplicationController, after: ReplicationController): Facts | undefined {
  const from = before.spec?.replicas;
  const to = after.spec?.replicas;
  return from === to ? undefined : { from, to };
}

/** Named changes, the most telling first: the first rule that recognises a change names it. */
export const NAMING_RULES: readonly NamingRule[] = [
  rule('pods', 'PodScheduled', (before, after) =>
    (before.spec?.nodeName ?? '') === '' && (after.spec?.nodeName ?? '') !== ''
      ? { node: after.spec?.nodeName }
      : undefined,
  ),
  rule('pods', 'PodAdopted', (before, after) => {
    const owner = controllerOf(after);
    return owner !== undefined && owner.uid !== controllerOf(before)?.uid ? named(owner) : undefined;
  }),
  rule('pods', 'PodReleased', (before, after) => {
    const owner = controllerOf(before);
    return owner !== undefined && controllerOf(after) === undefined ? named(owner) : undefined;
  }),
  rule('pods', 'PodSucceeded', phaseBecame('Succeeded')),
  rule('pods', 'PodFailed', phaseBecame('Failed')),
  rule('pods', 'PodReady', podReadyBecame(true)),
  rule('pods', 'PodUnready', podReadyBecame(false)),
  rule('replicationcontrollers', 'ReplicasChanged', replicasChanged),
  rule('nodes', 'NodeBecameReady', readyBecame('True')),
  rule('nodes', 'NodeBecameNotReady', readyBecame('False')),
  rule('nodes', 'NodeLost', readyBecame('Unknown')),
  rule('nodes', 'NodeCordoned', (before, after) => (becameUnschedulable(before, after) ? {} : undefined)),
  rule('nodes', 'NodeUncordoned', (before, after) => (becameUnschedulable(after, before) ? {} : undefined)),
  rule('nodes', 'NodeTaintsChanged', (before, after) =>
    sameJson(before.spec?.taints ?? [], after.spec?.taints ?? [])
      ? undefined
      : { from: before.spec?.taints ?? [], to: after.spec?.taints ?? [] },
  ),
];
