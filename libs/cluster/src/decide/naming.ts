import {
  type Changes,
  type Deployment,
  type Fact,
  type NamedFact,
  type Node,
  type ObjectOf,
  type OwnerReference,
  type Pod,
  type ReplicaSet,
  type ReplicationController,
  type ResourceId,
  type StoredObject,
} from '@shiplog/contracts';
import { sameJson, withoutUndefined } from '@shiplog/apimachinery';
import { conditionOf, controllerOf } from '@shiplog/kube';

type Facts = Readonly<Record<string, unknown>>;

/** Recognises one kind of change by what was before and what is after it. */
export interface NamingRule<R extends ResourceId = ResourceId> {
  readonly resource: R;
  readonly fact: NamedFact;
  /** The facts of the change, or undefined when it is another one. */
  facts(before: ObjectOf<R>, after: ObjectOf<R>): Facts | undefined;
}

const rule = <R extends ResourceId>(resource: R, fact: NamedFact, facts: NamingRule<R>['facts']): NamingRule =>
  ({ resource, fact, facts }) as unknown as NamingRule;

const named = ({ kind, name, uid }: OwnerReference): Facts => ({ controller: { kind, name, uid } });

/** The Ready condition came to have a status that it had not. */
function readyBecame(status: string): (before: Node, after: Node) => Facts | undefined {
  return (before, after) => {
    const was = conditionOf(before, 'Ready');
    const ready = conditionOf(after, 'Ready');
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
    const now = conditionOf(after, 'Ready');
    if ((now?.status === 'True') !== ready || (conditionOf(before, 'Ready')?.status === 'True') === ready)
      return undefined;
    return { reason: now?.reason, message: now?.message };
  };
}

type Scaled = ReplicationController | ReplicaSet | Deployment;

function replicasChanged(before: Scaled, after: Scaled): Facts | undefined {
  const from = before.spec?.replicas;
  const to = after.spec?.replicas;
  return from === to ? undefined : { from, to };
}

/** Named changes, the most telling first: the first rule that recognises a change names it. */
export const NAMING_RULES: readonly NamingRule[] = [
  rule('pods', 'Scheduled', (before, after) =>
    (before.spec?.nodeName ?? '') === '' && (after.spec?.nodeName ?? '') !== ''
      ? { node: after.spec?.nodeName }
      : undefined,
  ),
  rule('pods', 'Adopted', (before, after) => {
    const owner = controllerOf(after);
    return owner !== undefined && owner.uid !== controllerOf(before)?.uid ? named(owner) : undefined;
  }),
  rule('pods', 'Released', (before, after) => {
    const owner = controllerOf(before);
    return owner !== undefined && controllerOf(after) === undefined ? named(owner) : undefined;
  }),
  rule('pods', 'Succeeded', phaseBecame('Succeeded')),
  rule('pods', 'Failed', phaseBecame('Failed')),
  rule('pods', 'Ready', podReadyBecame(true)),
  rule('pods', 'Unready', podReadyBecame(false)),
  rule('replicationcontrollers', 'ReplicasChanged', replicasChanged),
  rule('replicasets.apps', 'ReplicasChanged', replicasChanged),
  rule('deployments.apps', 'ReplicasChanged', replicasChanged),
  rule('nodes', 'BecameReady', readyBecame('True')),
  rule('nodes', 'BecameNotReady', readyBecame('False')),
  rule('nodes', 'Lost', readyBecame('Unknown')),
  rule('nodes', 'Cordoned', (before, after) => (becameUnschedulable(before, after) ? {} : undefined)),
  rule('nodes', 'Uncordoned', (before, after) => (becameUnschedulable(after, before) ? {} : undefined)),
  rule('nodes', 'TaintsChanged', (before, after) =>
    sameJson(before.spec?.taints ?? [], after.spec?.taints ?? [])
      ? undefined
      : { from: before.spec?.taints ?? [], to: after.spec?.taints ?? [] },
  ),
];

/** What a change is called, and what it says in words of its own. */
export interface ChangeName {
  readonly fact: Fact;
  readonly facts?: Readonly<Record<string, unknown>>;
}

const rulesOf = groupByResource();

function groupByResource(): Map<ResourceId, NamingRule[]> {
  const groups = new Map<ResourceId, NamingRule[]>();
  for (const rule of NAMING_RULES) groups.set(rule.resource, [...(groups.get(rule.resource) ?? []), rule]);
  return groups;
}

/** Names a change of an object: by a rule of its own where the change has a meaning, else by the part that changed. */
export function nameOfChange(
  resource: ResourceId,
  before: StoredObject,
  after: StoredObject,
  changes: Changes,
): ChangeName {
  if (before.metadata.deletionTimestamp === undefined && after.metadata.deletionTimestamp !== undefined) {
    return { fact: 'DeletionRequested', facts: deletionFacts(after) };
  }
  for (const rule of rulesOf.get(resource) ?? []) {
    const facts = rule.facts(before as never, after as never);
    if (facts !== undefined)
      return { fact: rule.fact, facts: Object.keys(facts).length > 0 ? withoutUndefined(facts) : undefined };
  }
  return { fact: partChanged(changes) };
}

function deletionFacts({ metadata }: StoredObject): ChangeName['facts'] {
  return withoutUndefined({ gracePeriodSeconds: metadata.deletionGracePeriodSeconds, finalizers: metadata.finalizers });
}

/** A change of what is wanted (spec, data, subsets …) outweighs one of what was observed, and that one of metadata. */
function partChanged(changes: Changes): 'SpecChanged' | 'StatusChanged' | 'MetadataChanged' {
  const parts = Object.keys(changes);
  if (parts.some((part) => part !== 'metadata' && part !== 'status')) return 'SpecChanged';
  return parts.includes('status') ? 'StatusChanged' : 'MetadataChanged';
}
