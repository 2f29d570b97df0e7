import type { ReadonlyCluster } from '@shiplog/cluster';
import { splitKey } from '@shiplog/contracts';
import { controllerOf } from '@shiplog/kube';
import { isPodActive } from '../../../../services/controller/src/domain/pods';
import type { ReplicaKind, ReplicaResource, Replicas } from '../../../../services/controller/src/domain/replicas/kind';
import type { PlannedCommand } from '../../../../services/controller/src/runtime/domain/controller';
import { Violation } from './violation';
import { activePodsOf, isAdoption, isPodCreation, isPodDeletion, type WorkloadRule } from './workload';

/** Of what keeps a number of pods: its own and no others. */
export function replicasRule<R extends ReplicaResource>(kind: ReplicaKind<R>): WorkloadRule {
  const anyKind = kind as ReplicaKind;
  return {
    checkAtRest(state) {
      for (const owner of state.list(anyKind.resource)) checkAtRest(anyKind, owner, state);
    },
    excessOf: (key, state, plan) => excessOf(anyKind, key, state, plan),
  };
}

function checkAtRest(kind: ReplicaKind, owner: Replicas, state: ReadonlyCluster): void {
  const { metadata, spec, status } = owner;
  const fail = (detail: string): never => {
    throw new Violation('as many pods are there as are asked for', `${kind.kind} ${metadata.name} ${detail}`);
  };
  if (metadata.deletionTimestamp !== undefined) return fail('is still to go');
  const wanted = spec?.replicas ?? 1;
  const own = activePodsOf(state, metadata.uid);
  if (own.length !== wanted) return fail(`has ${own.length} pods, and is to have ${wanted}`);
  if (status?.replicas !== wanted || status.observedGeneration !== metadata.generation)
    return fail(`tells of ${status?.replicas} pods of generation ${status?.observedGeneration}`);
  for (const pod of state.list('pods', metadata.namespace)) {
    const isOwn = controllerOf(pod)?.uid === metadata.uid;
    if (isPodActive(pod) && isOwn !== kind.matches(owner, pod.metadata.labels))
      return fail(`${isOwn ? 'owns' : 'does not own'} ${pod.metadata.name}`);
  }
}

function excessOf(
  kind: ReplicaKind,
  key: string,
  state: ReadonlyCluster,
  plan: readonly PlannedCommand[],
): string | undefined {
  const { namespace, name } = splitKey(key);
  const owner = state.get(kind.resource, namespace, name);
  if (owner === undefined) return 'it is not there';
  const wanted = owner.spec?.replicas ?? 1;
  const [made, taken, adopted] = [isPodCreation, isPodDeletion, isAdoption].map((is) => plan.filter(is).length) as [
    number,
    number,
    number,
  ];
  const is = activePodsOf(state, owner.metadata.uid).length + adopted;
  if (made > Math.max(0, wanted - is)) return `makes ${made} pods, with ${is} of ${wanted} there`;
  return taken > Math.max(0, is - wanted) ? `takes ${taken} pods, with ${is} of ${wanted} there` : undefined;
}
