import type { ReadonlyCluster } from '@shiplog/cluster';
import type { ObjectKey, ObjectOf, OwnerReference } from '@shiplog/contracts';
import { controllerOf, type StoredPod } from '@shiplog/kube';
import { scaledValue } from '../../domain/int-or-percent';
import { findScale, type AskedScales } from '../../domain/scales';

type Budget = ObjectOf<'poddisruptionbudgets.policy'>;

/** How many pods there should be by their controllers' word, and which have none. */
export type ExpectedScale =
  | { readonly ok: true; readonly replicas: number; readonly unmanaged: readonly string[] }
  | { readonly ok: false; readonly message: string };

/** What a budget asks for: of how many pods, how many healthy ones; or why that is not to be told. */
export type Expectation =
  | {
      readonly ok: true;
      readonly expectedPods: number;
      readonly desiredHealthy: number;
      readonly unmanaged: readonly string[];
    }
  | { readonly ok: false; readonly message: string };

/** Whether what the budget asks for is a part of what the pods' controllers ask for. */
export function dependsOnScale({ spec = {} }: Budget): boolean {
  return spec.maxUnavailable !== undefined || typeof spec.minAvailable === 'string';
}

/** What a budget asks for (getExpectedPodCount of Kubernetes' disruption controller). */
export function expectationOf({ spec = {} }: Budget, pods: number, scale: ExpectedScale): Expectation {
  const { maxUnavailable, minAvailable } = spec;
  const isCount = maxUnavailable === undefined && typeof minAvailable === 'number';
  if (isCount) return { ok: true, expectedPods: pods, desiredHealthy: minAvailable, unmanaged: [] };
  if (!scale.ok) return scale;
  const { replicas: expectedPods, unmanaged } = scale;
  const part = scaledValue(maxUnavailable ?? minAvailable ?? 0, expectedPods, 'up');
  if (part === undefined) {
    return { ok: false, message: 'invalid value for IntOrString: invalid type: string is not a percentage' };
  }
  const desiredHealthy = maxUnavailable === undefined ? part : Math.max(0, expectedPods - part);
  return { ok: true, expectedPods, desiredHealthy, unmanaged };
}

/** The replicas of all controllers that some pods have (getExpectedScale there). */
export function expectedScale(state: ReadonlyCluster, asked: AskedScales, pods: readonly StoredPod[]): ExpectedScale {
  const replicas = new Map<string, number>();
  for (const { pod, namespace, owner } of ownersOf(state, pods)) {
    const found = controllerScale(state, asked, namespace, owner);
    if (typeof found === 'string') return { ok: false, message: found };
    if (found === undefined) return { ok: false, message: `found no controllers for pod ${JSON.stringify(pod)}` };
    replicas.set(owner.uid, found);
  }
  const sum = [...replicas.values()].reduce((all, count) => all + count, 0);
  const unmanaged = pods.filter((pod) => controllerOf(pod) === undefined);
  return { ok: true, replicas: sum, unmanaged: unmanaged.map(({ metadata }) => metadata.name) };
}

/** The controllers of some pods that only the journal can tell the replicas of. */
export function scalesToAsk(state: ReadonlyCluster, asked: AskedScales, pods: readonly StoredPod[]): ObjectKey[] {
  const found = ownersOf(state, pods).map(({ namespace, owner }) => findScale(state, asked, { namespace, ...owner }));
  return found.flatMap((scale) => (scale.found === 'not asked' ? [scale.key] : []));
}

/** The controllers of pods, each with its first pod; of ReplicaSets that a Deployment rolls over the Deployment. */
function ownersOf(state: ReadonlyCluster, pods: readonly StoredPod[]) {
  const owners = new Map<string, { pod: string; namespace: string; owner: OwnerReference }>();
  for (const pod of pods) {
    const { namespace = '', name } = pod.metadata;
    const owner = controllerOf(pod);
    if (owner === undefined || owners.has(owner.uid)) continue;
    owners.set(owner.uid, { pod: name, namespace, owner: deploymentOf(state, namespace, owner) ?? owner });
  }
  return [...owners.values()];
}

/** The Deployment whose ReplicaSet owns a pod: what it asks for counts, whatever its sets have while it rolls. */
function deploymentOf(state: ReadonlyCluster, namespace: string, owner: OwnerReference): OwnerReference | undefined {
  if (owner.kind !== 'ReplicaSet') return undefined;
  const set = state.get('replicasets.apps', namespace, owner.name);
  const above = set?.metadata.uid === owner.uid ? controllerOf(set) : undefined;
  if (above?.kind !== 'Deployment') return undefined;
  return state.get('deployments.apps', namespace, above.name)?.metadata.uid === above.uid ? above : undefined;
}

/** A controller's replicas; why they can't be told; undefined when it is not there (any more). */
function controllerScale(
  state: ReadonlyCluster,
  asked: AskedScales,
  namespace: string,
  { apiVersion, kind, name, uid }: OwnerReference,
): number | string | undefined {
  const target = findScale(state, asked, { apiVersion, kind, namespace, name });
  switch (target.found) {
    case 'no kind':
      return `no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`;
    case 'no scale':
      return `${target.resource} does not implement the scale subresource`;
    case 'no object':
    case 'not asked':
      return undefined;
    case 'scale':
      return target.scale.metadata?.uid === uid ? (target.scale.spec?.replicas ?? 0) : undefined;
  }
}
