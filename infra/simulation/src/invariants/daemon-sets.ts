import type { ReadonlyCluster } from '@shiplog/cluster';
import { splitKey, type ObjectOf } from '@shiplog/contracts';
import { targetOf } from '../../../../services/controller/src/controllers/daemon-sets/placement';
import type { PlannedCommand } from '../../../../services/controller/src/runtime/domain/controller';
import { Violation } from './violation';
import { activePodsOf, isPodCreation, type WorkloadRule } from './workload';

type DaemonSet = ObjectOf<'daemonsets.apps'>;

/** Of DaemonSets that fit on every node. */
export const DAEMON_SETS: WorkloadRule = {
  checkAtRest(state) {
    for (const set of state.list('daemonsets.apps')) checkAtRest(set, state);
  },
  excessOf(key, state, plan) {
    const { namespace, name } = splitKey(key);
    const set = state.get('daemonsets.apps', namespace, name);
    return set === undefined ? 'it is not there' : excessOf(set, state, plan);
  },
};

function checkAtRest({ metadata, spec, status }: DaemonSet, state: ReadonlyCluster): void {
  const fail = (detail: string): never => {
    throw new Violation('a DaemonSet has a pod on each node', `${metadata.name} ${detail}`);
  };
  if (metadata.deletionTimestamp !== undefined) return fail('is still to go');
  const nodes = state.list('nodes').map((node) => node.metadata.name);
  const pods = activePodsOf(state, metadata.uid);
  const places = pods.map((pod) => pod.spec?.nodeName ?? '');
  if (places.sort().join() !== nodes.sort().join()) return fail(`is on ${places.join()}, of ${nodes.join()}`);
  const image = spec?.template.spec?.containers[0]?.image;
  const former = pods.find((pod) => pod.spec?.containers[0]?.image !== image);
  if (former !== undefined) return fail(`has ${former.metadata.name} of another template`);
  if (status?.observedGeneration !== metadata.generation) return fail(`tells of ${status?.observedGeneration}`);
  const told = [
    status?.desiredNumberScheduled,
    status?.currentNumberScheduled,
    status?.updatedNumberScheduled,
    status?.numberAvailable,
  ];
  if (told.some((count = 0) => count !== nodes.length)) return fail(`tells of ${told.join()} pods of ${nodes.length}`);
}

/** A node that has a pod that runs, or will, gets no other. */
function excessOf(
  { metadata }: DaemonSet,
  state: ReadonlyCluster,
  plan: readonly PlannedCommand[],
): string | undefined {
  const taken = new Set(activePodsOf(state, metadata.uid).map(targetOf));
  for (const command of plan) {
    if (!isPodCreation(command) || !('object' in command.data)) continue;
    const node = targetOf(command.data.object as ObjectOf<'pods'>);
    if (node === undefined || taken.has(node)) return `makes a second pod for ${node ?? 'no node'}`;
    taken.add(node);
  }
  return undefined;
}
