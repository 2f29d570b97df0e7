import fc from 'fast-check';
import { isPodActive, isPodReady } from '../../domain/pods';
import { NODES } from '../../testing/accidents';
import type { TestCluster } from '../../testing/cluster';
import { historiesPatienceMs, holdThroughHistories } from '../../testing/histories';
import { DaemonSetController } from './controller';
import { placementOf, targetOf } from './placement';
import { imageOf, nodesOf, podsOf, setIn, setOf, templateOf } from './testing/sets';

const wish = fc.oneof(
  fc.record({ kind: fc.constant('update' as const), image: fc.constantFrom('a', 'b', 'c') }),
  fc.record({ kind: fc.constant('select' as const), color: fc.constantFrom('blue', null) }),
  fc.record({
    kind: fc.constant('color' as const),
    node: fc.constantFrom(...NODES),
    color: fc.constantFrom('blue', null),
  }),
  fc.record({
    kind: fc.constant('taint' as const),
    node: fc.constantFrom(...NODES),
    effect: fc.constantFrom('NoSchedule', 'NoExecute', undefined),
  }),
  fc.record({ kind: fc.constant('relabel' as const), nth: fc.nat(5), app: fc.constantFrom('agent', 'none') }),
);
type Wish = typeof wish extends fc.Arbitrary<infer W> ? W : never;

async function grant(cluster: TestCluster, wish: Wish): Promise<void> {
  switch (wish.kind) {
    case 'update':
      return cluster.patch('daemonsets.apps', 'agent', { spec: { template: templateOf(wish.image) } });
    case 'select': {
      const nodeSelector = { color: wish.color };
      return cluster.patch('daemonsets.apps', 'agent', { spec: { template: { spec: { nodeSelector } } } });
    }
    case 'color':
      return cluster.patch('nodes', wish.node, { metadata: { labels: { color: wish.color } } });
    case 'taint': {
      const taints = wish.effect === undefined ? null : [{ key: 'full', effect: wish.effect }];
      const patch = { spec: { taints } };
      const data = { resource: 'nodes' as const, namespace: '', name: wish.node, patchType: 'merge' as const, patch };
      return void (await cluster.send({ type: 'PatchObject', data }));
    }
    case 'relabel': {
      const pod = podsOf(cluster)[wish.nth];
      const labels = { app: wish.app };
      return pod === undefined ? undefined : cluster.patch('pods', pod.metadata.name, { metadata: { labels } });
    }
  }
}

const own = (cluster: TestCluster) => podsOf(cluster).filter(({ metadata }) => metadata.labels?.app === 'agent');

/** Every node that the set fits has one pod of the present template, no other has one that must not stay; the status says so. */
function atRest(cluster: TestCluster): void {
  const set = setIn(cluster);
  const placement = placementOf(set);
  const nodes = cluster.journal.list('nodes');
  const wanted = nodes.filter((node) => placement(node).runs).map(({ metadata }) => metadata.name);
  const kept = nodes
    .filter((node) => placement(node).stays && !placement(node).runs)
    .map(({ metadata }) => metadata.name);
  const placed = nodesOf(own(cluster));
  expect(placed.filter((name) => !kept.includes(name!))).toEqual(wanted);
  const onWanted = own(cluster).filter((pod) => wanted.includes(targetOf(pod)!));
  const image = set.spec?.template.spec?.containers[0]?.image;
  expect(new Set(onWanted.map(imageOf))).toEqual(new Set(wanted.length === 0 ? [] : [image]));
  const { desiredNumberScheduled, numberReady, updatedNumberScheduled = 0, observedGeneration } = set.status!;
  expect([desiredNumberScheduled, numberReady, updatedNumberScheduled, observedGeneration]).toEqual([
    wanted.length,
    wanted.length,
    wanted.length,
    set.metadata.generation,
  ]);
}

/** Of nodes that the controller sees served, it takes the pod of no second one for the sake of an update. */
function unavailableAtMost(most: number): (cluster: TestCluster) => void {
  return (cluster) => {
    const last = cluster.log.at(-1);
    const isRemoval = last?.fact === 'DeletionRequested' || last?.fact === 'Deleted';
    if (last?.resource !== 'pods' || !isRemoval || !last.actor.endsWith('controller')) return;
    const seen = cluster.state.list('pods').filter(({ metadata }) => metadata.labels?.app === 'agent');
    const pod = seen.find(({ metadata }) => metadata.uid === last.uid);
    const set = cluster.state.get('daemonsets.apps', 'default', 'agent')!;
    const nodes = cluster.state.list('nodes').filter((node) => placementOf(set)(node).runs);
    const serving = (name: string): number =>
      seen.filter((each) => targetOf(each) === name && isPodActive(each) && isPodReady(each)).length;
    if (pod === undefined || !isPodActive(pod) || !isPodReady(pod)) return;
    const target = targetOf(pod)!;
    if (!nodes.some(({ metadata }) => metadata.name === target) || serving(target) > 1) return;
    const others = nodes.filter(({ metadata }) => metadata.name !== target && serving(metadata.name) === 0);
    expect([target, others.length < most]).toEqual([target, true]);
  };
}

describe('DaemonSets, whatever happens', () => {
  const strategies = [
    { name: 'one at a time', rollingUpdate: { maxUnavailable: 1 }, most: 1 },
    { name: 'another beside', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }, most: 0 },
  ];
  it.each(strategies)(
    'come to one pod of the present template on each node that they fit, and to rest: $name',
    ({ rollingUpdate, most }) =>
      holdThroughHistories<Wish>({
        controllers: () => [new DaemonSetController()],
        edited: ['daemonsets.apps', 'pods', 'nodes', 'controllerrevisions.apps'],
        begin: async (cluster) => {
          const updateStrategy = { type: 'RollingUpdate', rollingUpdate };
          await cluster.create('daemonsets.apps', setOf({ updateStrategy, revisionHistoryLimit: 1 }));
        },
        wishes: wish,
        grant,
        always: unavailableAtMost(most),
        atRest,
      }),
    historiesPatienceMs(),
  );
});
