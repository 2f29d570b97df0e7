import type { ReadonlyCluster } from '@shiplog/cluster';
import { splitKey, type ObjectOf } from '@shiplog/contracts';
import { targetOf } from '../../../../services/controller/src/controllers/daemon-sets/placement';
import { isPodReady } from '../../../../services/controller/src/domain/pods';
import type { PlannedCommand } from '../../../../services/controller/src/runtime/domain/controller';
import { Violation } from './violation';
import { activePodsOf, imageOf, isPodCreation, isPodDeletion, type WorkloadRule } from './workload';

type DaemonSet = ObjectOf<'daemonsets.apps'>;
type Pod = ObjectOf<'pods'>;

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

/** How many nodes may have a pod of another template beside the one that they have. */
export function surgeOf({ spec }: DaemonSet): number {
  return Number(spec?.updateStrategy?.rollingUpdate?.maxSurge ?? 0);
}

function checkAtRest({ metadata, spec, status }: DaemonSet, state: ReadonlyCluster): void {
  const fail = (detail: string): never => {
    throw new Violation('a DaemonSet has a pod on each node', `${metadata.name} ${detail}`);
  };
  if (metadata.deletionTimestamp !== undefined) return fail('is still to go');
  const nodes = state.list('nodes').map((node) => node.metadata.name);
  const pods = activePodsOf(state, metadata.uid);
  const places = pods.map((pod) => pod.spec?.nodeName ?? '');
  if (places.sort().join() !== nodes.sort().join()) return fail(`is on ${places.join()}, of ${nodes.join()}`);
  const image = imageOf(spec?.template.spec);
  const former = pods.find((pod) => imageOf(pod.spec) !== image);
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

/** A node of a DaemonSet before a plan, and what the plan does there. */
interface Site {
  readonly node: string;
  readonly pods: readonly Pod[];
  readonly made: number;
  readonly taken: ReadonlySet<string>;
}

function excessOf(set: DaemonSet, state: ReadonlyCluster, plan: readonly PlannedCommand[]): string | undefined {
  const created = plan.filter(isPodCreation).flatMap(({ data }) => ('object' in data ? [data.object as Pod] : []));
  const lost = created.find((pod) => targetOf(pod) === undefined);
  if (lost !== undefined) return 'makes a pod for no node';
  const taken = new Set(plan.filter(isPodDeletion).flatMap(({ data }) => ('name' in data ? [data.name] : [])));
  const pods = activePodsOf(state, set.metadata.uid);
  const sites = state.list('nodes').map(({ metadata: { name: node } }): Site => {
    const there = pods.filter((pod) => targetOf(pod) === node);
    return { node, pods: there, made: created.filter((pod) => targetOf(pod) === node).length, taken };
  });
  return excessOfMade(set, sites) ?? excessOfTaken(set, sites);
}

/** A node that has a pod that runs, or will, gets no other, unless it may surge: then one of another template. */
function excessOfMade(set: DaemonSet, sites: readonly Site[]): string | undefined {
  const surge = surgeOf(set);
  const image = imageOf(set.spec?.template.spec);
  const isPresent = (pod: Pod): boolean => imageOf(pod.spec) === image;
  for (const { node, pods, made } of sites) {
    const beside = surge === 0 ? pods : pods.filter(isPresent);
    if (made > 0 && made + beside.length > 1) return `makes a second pod for ${node}`;
  }
  if (!sites.some(({ made }) => made > 0)) return undefined;
  // One that is of no use to anybody is in nobody's way.
  const surging = sites.filter(({ pods, made }) => {
    const isServing = pods.some((pod) => !isPresent(pod) && isPodReady(pod));
    return isServing && (made > 0 || pods.some((pod) => isPresent(pod) && !isPodReady(pod)));
  });
  const most = Math.max(surge, surging.filter(({ made }) => made === 0).length);
  return surging.length > most ? `makes pods beside those on ${surging.length} nodes, of ${most}` : undefined;
}

/** Nodes keep a pod that is ready, but for as many as may lack one. */
function excessOfTaken(set: DaemonSet, sites: readonly Site[]): string | undefined {
  // Of several of one template that were adopted the oldest stays, ready or not.
  const pairs = sites.filter(({ pods }) => new Set(pods.map((pod) => imageOf(pod.spec))).size === pods.length);
  const before = pairs.filter(({ pods }) => pods.some(isPodReady)).length;
  const stays = ({ pods, taken }: Site): boolean =>
    pods.some((pod) => isPodReady(pod) && !taken.has(pod.metadata.name));
  const after = pairs.filter(stays).length;
  const maxUnavailable = Number(set.spec?.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1);
  const least = Math.min(before, sites.length - maxUnavailable);
  return after < least ? `leaves ${after} nodes of ${before} with a pod that is ready, of ${least}` : undefined;
}
