import type { AnyCommand, BuiltIn, KubeObject } from '@shiplog/contracts';
import type { Random } from '../world/random';

const NAMESPACE = 'default';
/** Few names, so that clients meet. */
const NAMES = ['w1', 'w2'];
const MOST_REPLICAS = 2;

/** A kind of objects that have pods made of a template. */
export interface WorkloadKind {
  readonly resource: BuiltIn;
  readonly kind: string;
  readonly apiVersion: string;
  readonly selectorOf: (labels: Readonly<Record<string, string>>) => object;
}

/** Those whose users are simulated. */
export const WORKLOADS: readonly WorkloadKind[] = [
  {
    resource: 'replicationcontrollers',
    kind: 'ReplicationController',
    apiVersion: 'v1',
    selectorOf: (labels) => labels,
  },
  {
    resource: 'replicasets.apps',
    kind: 'ReplicaSet',
    apiVersion: 'apps/v1',
    selectorOf: (matchLabels) => ({ matchLabels }),
  },
];

/** What users do with what makes pods for them: ask for it, for more or fewer, for others; and take it, or its pods, away. */
export function drawWorkloadCommand(random: Random): Pick<AnyCommand, 'type' | 'data'> {
  const kind = random.pick(WORKLOADS);
  const name = random.pick(NAMES);
  const key = { resource: kind.resource, namespace: NAMESPACE, name };
  const labels = { app: `${kind.resource}-${name}` };
  const replicas = random.whole(0, MOST_REPLICAS);
  switch (random.whole(0, 9)) {
    case 0:
    case 1:
    case 2:
      return { type: 'CreateObject', data: { ...key, object: workload(kind, name, labels, replicas) } };
    case 3:
    case 4:
    case 5:
    case 6:
      return { type: 'PatchObject', data: { ...key, patchType: 'merge', patch: { spec: { replicas } } } };
    case 7: {
      const propagationPolicy = random.pick(['Background', 'Foreground', 'Orphan'] as const);
      return { type: 'DeleteObject', data: { ...key, propagationPolicy } };
    }
    default: {
      const labelSelector = `app=${labels.app}`;
      return { type: 'DeleteCollection', data: { resource: 'pods', namespace: NAMESPACE, labelSelector } };
    }
  }
}

function workload(
  { kind, apiVersion, selectorOf }: WorkloadKind,
  name: string,
  labels: Readonly<Record<string, string>>,
  replicas: number,
): KubeObject {
  const spec = {
    // No api is there that would give them a token.
    automountServiceAccountToken: false,
    containers: [{ name: 'main', image: 'busybox' }],
    terminationGracePeriodSeconds: 1,
  };
  const template = { metadata: { labels }, spec };
  return {
    apiVersion,
    kind,
    metadata: { name },
    spec: { replicas, selector: selectorOf(labels), template },
  } as KubeObject;
}
