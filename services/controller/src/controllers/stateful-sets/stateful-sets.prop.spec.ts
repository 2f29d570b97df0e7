import fc from 'fast-check';
import { controllerOf } from '@shiplog/kube';
import { names, type TestCluster } from '../../testing/cluster';
import { historiesPatienceMs, holdThroughHistories } from '../../testing/histories';
import { volumeProtectionController } from '../volume-protection/controller';
import { StatefulSetController } from './controller';
import { claimsIn, CLAIMS, imageOf, podsOf, setIn, setOf, templateOf } from './testing/sets';

const IMAGES = ['a', 'b', 'c'] as const;

describe('StatefulSets, whatever happens', () => {
  const wish = fc.oneof(
    fc.record({ kind: fc.constant('scale' as const), to: fc.nat(4) }),
    fc.record({ kind: fc.constant('update' as const), image: fc.constantFrom(...IMAGES) }),
    fc.record({ kind: fc.constant('partition' as const), to: fc.nat(3) }),
    fc.record({ kind: fc.constant('start' as const), to: fc.nat(2) }),
    fc.record({ kind: fc.constant('drop-claim' as const), nth: fc.nat(5) }),
    fc.record({ kind: fc.constant('relabel' as const), nth: fc.nat(5), app: fc.constantFrom('web', 'none') }),
  );
  type Wish = typeof wish extends fc.Arbitrary<infer W> ? W : never;

  async function grant(cluster: TestCluster, wish: Wish): Promise<void> {
    const change = (spec: object) => cluster.patch('statefulsets.apps', 'web', { spec });
    switch (wish.kind) {
      case 'scale':
        return change({ replicas: wish.to });
      case 'update':
        return change({ template: templateOf(wish.image) });
      case 'partition':
        return change({ updateStrategy: { rollingUpdate: { partition: wish.to } } });
      case 'start':
        return change({ ordinals: { start: wish.to } });
      case 'drop-claim': {
        const claim = claimsIn(cluster)[wish.nth];
        return claim === undefined ? undefined : cluster.delete('persistentvolumeclaims', claim.metadata.name);
      }
      case 'relabel': {
        const pod = podsOf(cluster)[wish.nth];
        const labels = { app: wish.app };
        return pod === undefined ? undefined : cluster.patch('pods', pod.metadata.name, { metadata: { labels } });
      }
    }
  }

  /** Those that are wanted are there under their names, of the right revision, and the status says so. */
  function atRest(cluster: TestCluster): void {
    const { spec, status, metadata } = setIn(cluster);
    const { start = 0 } = spec?.ordinals ?? {};
    const own = podsOf(cluster).filter((pod) => controllerOf(pod)?.uid === metadata.uid);
    const taken = new Set(
      podsOf(cluster)
        .filter((pod) => controllerOf(pod) === undefined)
        .map((pod) => pod.metadata.name),
    );
    const wanted = Array.from({ length: spec!.replicas! }, (_, i) => `web-${start + i}`);
    const isBlocked = wanted.some((name) => taken.has(name));
    if (isBlocked) return;
    expect(names(own)).toEqual([...wanted].sort());
    const partition = start + (spec?.updateStrategy?.rollingUpdate?.partition ?? 0);
    const image = spec?.template.spec?.containers[0]?.image;
    for (const pod of own) {
      if (Number(pod.metadata.name.slice('web-'.length)) >= partition) expect(imageOf(pod)).toBe(image);
    }
    const { replicas, readyReplicas = 0, observedGeneration } = status!;
    expect([replicas, readyReplicas, observedGeneration]).toEqual([own.length, own.length, metadata.generation]);
  }

  /** Where they come one after the other, none is made while one before it is missing, or goes while one after it stays. */
  function inOrder(cluster: TestCluster): void {
    const last = cluster.log.at(-1);
    if (last?.resource !== 'pods' || last.fact !== 'Created' || !last.actor.endsWith('controller')) return;
    const { start = 0 } = cluster.state.get('statefulsets.apps', 'default', 'web')?.spec?.ordinals ?? {};
    const made = Number(last.name.slice('web-'.length));
    for (let ordinal = start; ordinal < made; ordinal++) {
      expect([last.name, cluster.state.get('pods', 'default', `web-${ordinal}`)?.status?.phase]).toEqual([
        last.name,
        'Running',
      ]);
    }
  }

  for (const podManagementPolicy of ['OrderedReady', 'Parallel']) {
    it(
      `come to the pods that are wanted, each with its claim, and to rest: ${podManagementPolicy}`,
      () =>
        holdThroughHistories<Wish>({
          controllers: () => [new StatefulSetController(), volumeProtectionController],
          edited: ['statefulsets.apps', 'pods', 'controllerrevisions.apps'],
          begin: async (cluster) => {
            await cluster.create(
              'statefulsets.apps',
              setOf(2, { ...CLAIMS, podManagementPolicy, revisionHistoryLimit: 1 }),
            );
          },
          wishes: wish,
          grant,
          always: podManagementPolicy === 'OrderedReady' ? inOrder : undefined,
          atRest,
        }),
      historiesPatienceMs(),
    );
  }
});
