import type { ReadonlyCluster } from '@shiplog/cluster';
import { splitKey, type ObjectOf } from '@shiplog/contracts';
import { controllerOf } from '@shiplog/kube';
import { REPLICATION_CONTROLLER } from '../../../../services/controller/src/controllers/replication/controller';
import { REPLICA_SET } from '../../../../services/controller/src/controllers/replica-sets/controller';
import { isPodActive } from '../../../../services/controller/src/domain/pods';
import type { ReplicaKind, ReplicaResource, Replicas } from '../../../../services/controller/src/domain/replicas/kind';
import type { PlannedCommand } from '../../../../services/controller/src/runtime/domain/controller';
import { Violation } from './violation';

/** What keeps a number of pods, by the name of its controller. */
const KINDS: ReadonlyMap<string, ReplicaKind> = new Map<string, ReplicaKind>([
  ['replication', REPLICATION_CONTROLLER as ReplicaKind],
  ['replica-sets', REPLICA_SET as ReplicaKind],
]);

/** When all is quiet: as many pods as are asked for, its own and no others, told in its status. */
export function checkReplicasAtRest(state: ReadonlyCluster): void {
  for (const kind of KINDS.values()) for (const owner of state.list(kind.resource)) checkAtRest(kind, owner, state);
}

function checkAtRest<R extends ReplicaResource>(
  kind: ReplicaKind<R>,
  owner: Replicas<R>,
  state: ReadonlyCluster,
): void {
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

/** What a plan of a controller makes or takes that nobody has asked for; undefined for those that keep no number of pods. */
export function excessOf(
  controller: string,
  key: string,
  state: ReadonlyCluster,
  plan: readonly PlannedCommand[],
): string | undefined {
  const kind = KINDS.get(controller);
  if (kind === undefined || plan.length === 0) return undefined;
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

function activePodsOf(state: ReadonlyCluster, uid: string): ObjectOf<'pods'>[] {
  return state.controlledBy('pods', uid).filter(isPodActive);
}

const isPodCreation = ({ type, data }: PlannedCommand): boolean => type === 'CreateObject' && data.resource === 'pods';
const isPodDeletion = ({ type, data }: PlannedCommand): boolean => type === 'DeleteObject' && data.resource === 'pods';
const isAdoption = ({ type, data }: PlannedCommand): boolean => {
  if (type !== 'PatchObject' || data.resource !== 'pods') return false;
  const { metadata } = data.patch as { metadata?: { ownerReferences?: { controller?: boolean }[] } };
  return metadata?.ownerReferences?.some(({ controller }) => controller === true) ?? false;
};
