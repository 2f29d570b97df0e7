import type { ReadonlyCluster } from '@shiplog/cluster';
import { splitKey, type ObjectOf } from '@shiplog/contracts';
import { countIn, DESIRED_REPLICAS } from '../../../../services/controller/src/controllers/deployments/annotations';
import type { Deployment } from '../../../../services/controller/src/controllers/deployments/budget';
import { sameTemplate } from '../../../../services/controller/src/controllers/deployments/template';
import type { PlannedCommand } from '../../../../services/controller/src/runtime/domain/controller';
import { Violation } from './violation';
import { activePodsOf, type WorkloadRule } from './workload';

type ReplicaSet = ObjectOf<'replicasets.apps'>;

const SETS = 'replicasets.apps';

/** Of Deployments: one set of pods is left of all, and on the way there, there are never too many pods, nor too few to use. */
export const DEPLOYMENTS: WorkloadRule = {
  checkAtRest(state) {
    for (const deployment of state.list('deployments.apps')) checkAtRest(deployment, state);
  },
  excessOf(key, state, plan) {
    const { namespace, name } = splitKey(key);
    const deployment = state.get('deployments.apps', namespace, name);
    return deployment === undefined ? 'it is not there' : excessOf(deployment, state, plan);
  },
};

function checkAtRest(deployment: Deployment, state: ReadonlyCluster): void {
  const { metadata, spec, status = {} } = deployment;
  const fail = (detail: string): never => {
    throw new Violation('a Deployment comes to its template', `${metadata.name} ${detail}`);
  };
  if (metadata.deletionTimestamp !== undefined) return fail('is still to go');
  if (status.observedGeneration !== metadata.generation) return fail(`tells of ${status.observedGeneration}`);
  // How far a rollout had come stays as it is.
  if (spec?.paused === true) return;
  const wanted = spec?.replicas ?? 1;
  const sets = state.controlledBy(SETS, metadata.uid);
  const present = sets.filter((set) => sameTemplate(set.spec?.template ?? {}, spec?.template ?? {}));
  if (present.length !== 1) return fail(`has ${present.length} sets of its template`);
  const others = sets.filter((set) => set !== present[0]).map(replicasOf);
  if (replicasOf(present[0]) !== wanted || others.some((count) => count > 0))
    return fail(`asks for ${replicasOf(present[0])} pods of ${wanted}, and of other templates for ${others.join()}`);
  const pods = sets.flatMap((set) => activePodsOf(state, set.metadata.uid));
  if (pods.length !== wanted) return fail(`has ${pods.length} pods of ${wanted}`);
  const told = [status.replicas, status.updatedReplicas, status.readyReplicas, status.availableReplicas];
  if (told.some((count = 0) => count !== wanted)) return fail(`tells of ${told.join()} pods of ${wanted}`);
  const progress = status.conditions?.find(({ type }) => type === 'Progressing')?.reason;
  if (progress !== 'NewReplicaSetAvailable') return fail(`is ${progress}`);
}

/** What sets are to have after a plan, compared with what they were to have on the state that it was made on. */
function excessOf(
  { metadata, spec }: Deployment,
  state: ReadonlyCluster,
  plan: readonly PlannedCommand[],
): string | undefined {
  const wanted = spec?.replicas ?? 1;
  const { maxSurge = 0, maxUnavailable = 0 } = spec?.strategy?.rollingUpdate ?? {};
  const sets = state.controlledBy(SETS, metadata.uid);
  const changed = new Map(plan.flatMap(replicasAsked));
  const known = sets.map((set) => ({
    set,
    was: replicasOf(set),
    is: changed.get(set.metadata.name) ?? replicasOf(set),
  }));
  const made = plan.filter(({ type }) => type === 'CreateObject').flatMap(replicasAsked);
  const was = sum(known.map((set) => set.was));
  const is = sum([...known.map((set) => set.is), ...made.map(([, count]) => count)]);
  // What is wanted may be less by now than what there is.
  const most = Math.max(was, wanted + Number(maxSurge));
  if (is > was && is > most) return `asks for ${is} pods, of ${most} that there may be`;
  // Who asks for fewer gives pods up at once, whether others are there or not.
  if (is >= was || spec?.paused === true || sets.some((set) => isScaledAnew(set, wanted))) return undefined;
  const available = ({ status }: ReplicaSet, count: number): number => Math.min(status?.availableReplicas ?? 0, count);
  const before = sum(known.map((item) => available(item.set, item.was)));
  const after = sum(known.map((item) => available(item.set, item.is)));
  const least = Math.min(before, wanted - Math.min(Number(maxUnavailable), wanted));
  return after < least ? `leaves ${after} pods that are available of ${before}, and ${least} are to be` : undefined;
}

function replicasAsked({ type, data }: PlannedCommand): [string, number][] {
  if (type === 'CreateObject' && data.resource === SETS) {
    const { metadata, spec } = data.object as ReplicaSet;
    return [[metadata.name, spec?.replicas ?? 1]];
  }
  if (type !== 'PatchObject' || data.resource !== SETS) return [];
  const { replicas } = (data.patch as { spec?: { replicas?: number } }).spec ?? {};
  return replicas === undefined ? [] : [[data.name, replicas]];
}

/** Whether a set with pods was last given its number when another was wanted. */
function isScaledAnew(set: ReplicaSet, wanted: number): boolean {
  return replicasOf(set) > 0 && (countIn(set.metadata.annotations, DESIRED_REPLICAS) ?? wanted) !== wanted;
}

function replicasOf(set: ReplicaSet | undefined): number {
  return set?.spec?.replicas ?? 1;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
