import type { AppliedEvent } from '@shiplog/cluster';
import {
  EVENT_FORMAT,
  POLICY_ANNOTATION,
  SCHEDULER_VIEW,
  type PodCondition,
  type PodSpec,
  type SchedulingPolicySpec,
  type NodeSpec,
  type NodeStatus,
  type ObjectOf,
  type StoredObject,
} from '@shiplog/contracts';
import type { StoredNode, StoredPod } from '@shiplog/kube';
import { guarded } from '../../../cluster/src/testing/guarded';
import { ClusterView } from '../cluster-view';
import type { StoredBudget } from '../facts/budgets';
import { NodeFacts } from '../facts/node-facts';
import { podFacts, type PodFacts } from '../facts/pod-facts';
import type { StoredPolicy } from '../policies/user-policy';

export type PodTraits = Partial<Omit<PodSpec, 'containers'>> & {
  /** Requests of its only container. */
  requests?: Record<string, string>;
  containers?: PodSpec['containers'];
  /** A ReplicationController, or of the kind that is told, as `apps/v1 ReplicaSet`. */
  owner?: string;
  ownerKind?: string;
  labels?: Record<string, string>;
  phase?: string;
  message?: string;
  deleting?: boolean;
  /** It ends because another one was preferred to it. */
  preempted?: boolean;
  startTime?: string;
  /** The node on which room is made for it. */
  nominated?: string;
  age?: number;
  namespace?: string;
  uid?: string;
  /** The policy that it names. */
  policy?: string;
};

/** A pod with one container, as the journal stores it. */
export function aPod(name: string, traits: PodTraits = {}): StoredPod {
  const {
    requests,
    containers,
    owner,
    ownerKind = 'v1 ReplicationController',
    labels,
    phase,
    message,
    preempted,
    deleting = preempted,
    startTime,
    nominated,
    age = 0,
    namespace = 'default',
    uid,
    policy,
    ...spec
  } = traits;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid: uid ?? `uid-${name}`,
      resourceVersion: '1',
      creationTimestamp: new Date(Date.UTC(2024, 0, 1, 0, 0, 0) - age * 1000).toISOString().replace('.000', ''),
      ...(labels !== undefined && { labels }),
      ...annotationsOf(policy),
      ...(deleting === true ? { deletionTimestamp: '2024-01-01T00:00:00Z' } : {}),
      ...(owner === undefined
        ? {}
        : {
            ownerReferences: [{ ...typeOf(ownerKind), name: owner, uid: owner, controller: true }],
          }),
    },
    spec: {
      schedulerName: 'default-scheduler',
      ...spec,
      containers: containers ?? [{ name: 'c', resources: { requests } }],
    },
    status: {
      phase: phase ?? 'Pending',
      ...(startTime === undefined ? {} : { startTime }),
      ...(nominated === undefined ? {} : { nominatedNodeName: nominated }),
      ...(message === undefined && preempted === undefined ? {} : { conditions: conditionsOf(message, preempted) }),
    },
  };
}

function typeOf(kind: string): { apiVersion: string; kind: string } {
  const [apiVersion = '', name = ''] = kind.split(' ');
  return { apiVersion, kind: name };
}

function conditionsOf(message: string | undefined, preempted = false): PodCondition[] {
  const waits = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message };
  const ends = { type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler' };
  return [...(message === undefined ? [] : [waits]), ...(preempted ? [ends] : [])];
}

/** A budget of pods with this label that can spare as many as it says. */
export function aBudget(app: string, disruptionsAllowed: number, disrupted: readonly string[] = []): StoredBudget {
  const disruptedPods = Object.fromEntries(disrupted.map((name) => [name, '2024-01-01T00:00:00Z']));
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: {
      name: app,
      namespace: 'default',
      uid: `uid-budget-${app}`,
      resourceVersion: '1',
      creationTimestamp: '2024-01-01T00:00:00Z',
    },
    spec: { selector: { matchLabels: { app } } },
    status: { disruptionsAllowed, disruptedPods, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
  };
}

export type NodeTraits = NodeSpec & { labels?: Record<string, string>; allocatable?: Record<string, string> } & Pick<
    NodeStatus,
    'capacity' | 'images'
  >;

/** A node of 4 cores, 8 GiB and 110 pods, unless said otherwise. */
export function aNode(name: string, traits: NodeTraits = {}): StoredNode {
  const { labels, allocatable, capacity, images, ...spec } = traits;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: `uid-${name}`, resourceVersion: '1', creationTimestamp: '2024-01-01T00:00:00Z', labels },
    spec,
    status: {
      capacity,
      images,
      allocatable:
        allocatable === undefined && capacity !== undefined
          ? undefined
          : { cpu: '4', memory: '8Gi', pods: '110', ...allocatable },
    },
  };
}

function annotationsOf(policy: string | undefined): { annotations?: Record<string, string> } {
  return policy === undefined ? {} : { annotations: { [POLICY_ANNOTATION]: policy } };
}

/** A namespace, and the policy that it names. */
export function aNamespace(name: string, labels?: Record<string, string>, policy?: string): ObjectOf<'namespaces'> {
  const metadata = {
    name,
    uid: `uid-${name}`,
    resourceVersion: '1',
    creationTimestamp: '2024-01-01T00:00:00Z',
    labels,
  };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { ...metadata, ...annotationsOf(policy) } };
}

/** A policy in one of its versions. */
export function aPolicy(
  name: string,
  spec: SchedulingPolicySpec = {},
  generation = 1,
  uid = `uid-${name}`,
): StoredPolicy {
  const metadata = { name, uid, generation, resourceVersion: '1', creationTimestamp: '2024-01-01T00:00:00Z' };
  return { apiVersion: 'scheduling.shiplog.dev/v1', kind: 'SchedulingPolicy', metadata, spec };
}

/** Facts of `aPod`, of what a scheduler keeps of it: no rule sees more. */
export function podWith(traits: PodTraits = {}, name = 'pod'): PodFacts {
  return podFacts(guarded(SCHEDULER_VIEW, 'pods', aPod(name, traits)));
}

/** Facts of `aNode`, likewise, with pods on it. */
export function nodeWith(traits: NodeTraits = {}, pods: readonly PodTraits[] = [], name = 'node'): NodeFacts {
  const node = new NodeFacts(guarded(SCHEDULER_VIEW, 'nodes', aNode(name, traits)));
  pods.forEach((pod, i) => node.add(podWith(pod, `${name}-pod-${i}`)));
  return node;
}

/** A cluster as rules see it: nodes by their labels, and pods by the node that they are on, of what a scheduler keeps of them. */
export function clusterOf(
  nodes: Record<string, Record<string, string>>,
  pods: readonly (PodTraits & { nodeName: string })[] = [],
  namespaces: Record<string, Record<string, string>> = {},
): ClusterView {
  const view = new ClusterView();
  for (const [name, labels] of Object.entries(namespaces)) view.setNamespace(name, aNamespace(name, labels));
  for (const [name, labels] of Object.entries(nodes)) {
    view.setNode(guarded(SCHEDULER_VIEW, 'nodes', aNode(name, { labels })));
  }
  pods.forEach((traits, i) => view.setPod(guarded(SCHEDULER_VIEW, 'pods', aPod(`placed-${i}`, traits))));
  return view;
}

/** What there may be beside nodes and pods. */
export interface Around {
  readonly namespaces?: readonly ObjectOf<'namespaces'>[];
  readonly policies?: readonly StoredPolicy[];
  readonly budgets?: readonly StoredBudget[];
}

/** A view of these objects. */
export function viewOf(
  nodes: readonly StoredNode[],
  pods: readonly StoredPod[] = [],
  { namespaces = [], policies = [], budgets = [] }: Around = {},
): ClusterView {
  const view = new ClusterView();
  for (const policy of policies) view.setPolicy(policy.metadata.name, policy);
  for (const namespace of namespaces) view.setNamespace(namespace.metadata.name, namespace);
  for (const budget of budgets) view.setBudget('default', budget.metadata.name, budget);
  for (const node of nodes) view.setNode(node);
  for (const pod of pods) view.setPod(pod);
  return view;
}

/** What a projection tells when an object came, changed or went. */
export function applied(
  resource: 'pods' | 'nodes' | 'namespaces' | 'schedulingpolicies.scheduling.shiplog.dev',
  before: StoredObject | undefined,
  after: StoredObject | undefined,
  position = 1,
): AppliedEvent {
  const { metadata } = (after ?? before) as StoredObject;
  return {
    event: {
      position,
      time: '2024-01-01T00:00:00Z',
      version: EVENT_FORMAT,
      resource,
      fact: before === undefined ? 'Created' : 'StatusChanged',
      namespace: metadata.namespace ?? '',
      name: metadata.name,
      uid: metadata.uid,
      node: '',
      actor: 'test',
      commandId: 'c',
      commandSeq: 0,
      data: {},
    },
    before,
    after,
  };
}
