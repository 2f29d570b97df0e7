import type { ReadonlyCluster } from '@shiplog/cluster';
import { splitKey, type ObjectOf } from '@shiplog/contracts';
import { isPodReady } from '../../../../services/controller/src/domain/pods';
import { REVISION_LABEL } from '../../../../services/controller/src/domain/revisions/history';
import type { PlannedCommand } from '../../../../services/controller/src/runtime/domain/controller';
import { Violation } from './violation';
import { activePodsOf, isAdoption, isPodCreation, isPodDeletion, type WorkloadRule } from './workload';

type StatefulSet = ObjectOf<'statefulsets.apps'>;

/** Of StatefulSets whose pods come one after the other. */
export const STATEFUL_SETS: WorkloadRule = {
  checkAtRest(state) {
    for (const set of state.list('statefulsets.apps')) checkAtRest(set, state);
  },
  excessOf(key, state, plan) {
    const { namespace, name } = splitKey(key);
    const set = state.get('statefulsets.apps', namespace, name);
    return set === undefined ? 'it is not there' : excessOf(set, state, plan);
  },
};

function checkAtRest({ metadata, spec, status }: StatefulSet, state: ReadonlyCluster): void {
  const fail = (detail: string): never => {
    throw new Violation('a StatefulSet has each of its pods once', `${metadata.name} ${detail}`);
  };
  if (metadata.deletionTimestamp !== undefined) return fail('is still to go');
  const wanted = spec?.replicas ?? 1;
  const pods = activePodsOf(state, metadata.uid);
  const names = pods.map((pod) => pod.metadata.name).sort();
  const expected = namesOf(metadata.name, wanted);
  if (names.join() !== expected.join()) return fail(`has ${names.join()}, and is to have ${expected.join()}`);
  const former = pods.find((pod) => pod.metadata.labels?.[REVISION_LABEL] !== status?.updateRevision);
  if (former !== undefined) return fail(`has ${former.metadata.name} of another revision`);
  if (status?.observedGeneration !== metadata.generation) return fail(`tells of ${status?.observedGeneration}`);
  const told = [status?.replicas, status?.readyReplicas, status?.availableReplicas];
  if (told.some((count = 0) => count !== wanted)) return fail(`tells of ${told.join()} pods of ${wanted}`);
  if (wanted > 0 && status?.currentRevision !== status?.updateRevision) return fail('tells of an update under way');
}

/** Ordered: one pod at a time comes or goes, and it comes only when all before it are there and ready. */
function excessOf(
  { metadata, spec }: StatefulSet,
  state: ReadonlyCluster,
  plan: readonly PlannedCommand[],
): string | undefined {
  const changes = plan.filter((command) => isPodCreation(command) || isPodDeletion(command));
  if (changes.length > 1) return `changes ${changes.length} pods at once`;
  const made = plan
    .filter(isPodCreation)
    .map(({ data }) => ('object' in data ? data.object.metadata?.name : undefined));
  if (made.length === 0) return undefined;
  const names = namesOf(metadata.name, spec?.replicas ?? 1);
  const ordinal = names.indexOf(made[0] ?? '');
  if (ordinal < 0) return `makes ${made[0]}, which nobody asks for`;
  // One that is adopted now is the set's own from here on.
  const adopted = plan.filter(isAdoption).map(({ data }) => ('name' in data ? data.name : undefined));
  const orphans = state.list('pods', metadata.namespace).filter((pod) => adopted.includes(pod.metadata.name));
  const pods = [...activePodsOf(state, metadata.uid), ...orphans];
  const ready = new Set(pods.filter(isPodReady).map((pod) => pod.metadata.name));
  const missing = names.slice(0, ordinal).find((name) => !ready.has(name));
  return missing === undefined ? undefined : `makes ${made[0]} while ${missing} is not ready`;
}

function namesOf(set: string, count: number): string[] {
  return Array.from({ length: count }, (_, ordinal) => `${set}-${ordinal}`);
}
