import type { ReadonlyCluster } from '@shiplog/cluster';
import type { ObjectOf, OwnerReference } from '@shiplog/contracts';
import { controllerOf, type StoredPod } from '@shiplog/kube';
import { scaledValue } from '../../domain/int-or-percent';
import { findScale, type AskJournal } from '../../domain/scales';

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
export async function expectedScale(
  state: ReadonlyCluster,
  ask: AskJournal,
  pods: readonly StoredPod[],
): Promise<ExpectedScale> {
  const unmanaged: string[] = [];
  const seen = new Set<string>();
  const replicas = new Map<string, number>();
  for (const { metadata } of pods) {
    const { namespace = '', name } = metadata;
    const owner = controllerOf({ metadata });
    if (owner === undefined) unmanaged.push(name);
    if (owner === undefined || seen.has(owner.uid)) continue;
    seen.add(owner.uid);
    const found = await controllerScale(state, ask, namespace, deploymentOf(state, namespace, owner) ?? owner);
    if (typeof found === 'string') return { ok: false, message: found };
    if (found === undefined) return { ok: false, message: `found no controllers for pod ${JSON.stringify(name)}` };
    replicas.set(found.uid, found.replicas);
  }
  const sum = [...replicas.values()].reduce((all, count) => all + count, 0);
  return { ok: true, replicas: sum, unmanaged };
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
async function controllerScale(
  state: ReadonlyCluster,
  ask: AskJournal,
  namespace: string,
  { apiVersion, kind, name, uid }: OwnerReference,
): Promise<{ uid: string; replicas: number } | string | undefined> {
  const target = await findScale(state, ask, { apiVersion, kind, namespace, name });
  switch (target.found) {
    case 'no kind':
      return `no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`;
    case 'no scale':
      return `${target.resource} does not implement the scale subresource`;
    case 'no object':
      return undefined;
    case 'scale':
      return target.object.metadata.uid === uid ? { uid, replicas: target.scale.spec?.replicas ?? 0 } : undefined;
  }
}
