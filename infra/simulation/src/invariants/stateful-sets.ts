import type { ReadonlyCluster } from '@shiplog/cluster';
import { splitKey, type ObjectOf } from '@shiplog/contracts';
import { isPodFinished, isPodReady } from '../../../../services/controller/src/domain/pods';
import { REVISION_LABEL } from '../../../../services/controller/src/domain/revisions/history';
import type { PlannedCommand } from '../../../../services/controller/src/runtime/domain/controller';
import { Violation } from './violation';
import { activePodsOf, imageOf, isAdoption, isPodCreation, isPodDeletion, type WorkloadRule } from './workload';

type StatefulSet = ObjectOf<'statefulsets.apps'>;

/** Of StatefulSets: each pod has its name, and they come, go and are replaced in their order. */
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

function checkAtRest(set: StatefulSet, state: ReadonlyCluster): void {
  const { metadata, spec, status } = set;
  const fail = (detail: string): never => {
    throw new Violation('a StatefulSet has each of its pods once', `${metadata.name} ${detail}`);
  };
  if (metadata.deletionTimestamp !== undefined) return fail('is still to go');
  const wanted = spec?.replicas ?? 1;
  const pods = activePodsOf(state, metadata.uid);
  const names = pods.map((pod) => pod.metadata.name).sort();
  const expected = namesOf(metadata.name, wanted);
  if (names.join() !== expected.join()) return fail(`has ${names.join()}, and is to have ${expected.join()}`);
  const former = pods.filter((pod) => pod.metadata.labels?.[REVISION_LABEL] !== status?.updateRevision);
  const kept = expected.slice(0, partitionOf(set));
  const left = former.find((pod) => !kept.includes(pod.metadata.name));
  if (left !== undefined) return fail(`has ${left.metadata.name} of another revision`);
  if (status?.observedGeneration !== metadata.generation) return fail(`tells of ${status?.observedGeneration}`);
  const told = [status?.replicas, status?.readyReplicas, status?.availableReplicas];
  if (told.some((count = 0) => count !== wanted)) return fail(`tells of ${told.join()} pods of ${wanted}`);
  const isUpdated = wanted > 0 && former.length === 0;
  if (isUpdated && status?.currentRevision !== status?.updateRevision) return fail('tells of an update under way');
}

/** What a plan looks at: the pods that the set has from here on. */
interface Looked {
  readonly set: StatefulSet;
  /** Of the pods that are wanted, in their order. */
  readonly names: readonly string[];
  readonly pods: readonly ObjectOf<'pods'>[];
  readonly ready: ReadonlySet<string>;
  readonly isOrdered: boolean;
}

/** Unless it is Parallel, one pod at a time comes or goes. */
function excessOf(set: StatefulSet, state: ReadonlyCluster, plan: readonly PlannedCommand[]): string | undefined {
  const { metadata, spec } = set;
  // One that is adopted now is the set's own from here on.
  const adopted = namesIn(plan.filter(isAdoption));
  const orphans = state.list('pods', metadata.namespace).filter((pod) => adopted.includes(pod.metadata.name));
  const pods = [...state.controlledBy('pods', metadata.uid), ...orphans];
  const looked: Looked = {
    set,
    names: namesOf(metadata.name, spec?.replicas ?? 1),
    pods,
    ready: new Set(pods.filter(isInUse).map((pod) => pod.metadata.name)),
    isOrdered: spec?.podManagementPolicy !== 'Parallel',
  };
  const [made, taken] = [namesIn(plan.filter(isPodCreation)), namesIn(plan.filter(isPodDeletion))];
  const count = made.length + taken.length;
  if (looked.isOrdered && count > 1) return `changes ${count} pods at once`;
  return [...made.map((name) => excessOfMade(name, looked)), ...taken.map((name) => excessOfTaken(name, looked))].find(
    (excess) => excess !== undefined,
  );
}

/** A pod comes only when all before it are there and ready. */
function excessOfMade(name: string, { names, ready, isOrdered }: Looked): string | undefined {
  const ordinal = names.indexOf(name);
  if (ordinal < 0) return `makes ${name}, which nobody asks for`;
  const missing = names.slice(0, ordinal).find((earlier) => !ready.has(earlier));
  return isOrdered && missing !== undefined ? `makes ${name} while ${missing} is not ready` : undefined;
}

/** What goes has ended, is wanted no longer, or is of a former template: those last, from the last to the partition. */
function excessOfTaken(name: string, { set, names, pods, ready, isOrdered }: Looked): string | undefined {
  const pod = pods.find(({ metadata }) => metadata.name === name);
  if (pod === undefined) return `takes ${name}, which is not its own`;
  if (isPodFinished(pod)) return undefined;
  const ordinal = names.indexOf(name);
  if (ordinal < 0) {
    const later = pods.find((other) => ordinalOf(other) > ordinalOf(pod));
    return isOrdered && later !== undefined ? `takes ${name} while ${later.metadata.name} is there` : undefined;
  }
  if (ordinal < partitionOf(set) || imageOf(pod.spec) === imageOf(set.spec?.template.spec))
    return `takes ${name}, which is to stay`;
  const missing = names.slice(ordinal + 1).find((later) => !ready.has(later));
  return missing === undefined ? undefined : `replaces ${name} while ${missing} is not ready`;
}

function partitionOf({ spec }: StatefulSet): number {
  return spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
}

function isInUse(pod: ObjectOf<'pods'>): boolean {
  return pod.metadata.deletionTimestamp === undefined && !isPodFinished(pod) && isPodReady(pod);
}

function namesOf(set: string, count: number): string[] {
  return Array.from({ length: count }, (_, ordinal) => `${set}-${ordinal}`);
}

function ordinalOf({ metadata }: ObjectOf<'pods'>): number {
  return Number(metadata.name.split('-').at(-1));
}

function namesIn(plan: readonly PlannedCommand[]): string[] {
  return plan.flatMap(({ data }) => {
    const name = 'object' in data ? data.object.metadata?.name : 'name' in data ? data.name : undefined;
    return name === undefined ? [] : [name];
  });
}
