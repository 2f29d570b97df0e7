import type { TopologySpreadConstraint } from '@shiplog/contracts';
import type { ClusterView } from '../cluster-view';
import { rankNodes } from '../scoring';
import { aNode, clusterOf, podWith, type PodTraits } from '../testing/builders';
import { podTopologySpread, preferredTopologySpread } from './pod-topology-spread';

const spread = (...constraints: Partial<TopologySpreadConstraint>[]): PodTraits => ({
  labels: { app: 'web' },
  topologySpreadConstraints: constraints.map((constraint) => ({
    maxSkew: 1,
    topologyKey: 'zone',
    whenUnsatisfiable: 'DoNotSchedule',
    labelSelector: { matchLabels: { app: 'web' } },
    ...constraint,
  })),
});
const softly = (...constraints: Partial<TopologySpreadConstraint>[]): PodTraits =>
  spread(...constraints.map((constraint) => ({ whenUnsatisfiable: 'ScheduleAnyway', ...constraint })));
const on = (nodeName: string, traits: PodTraits = {}) => ({ nodeName, labels: { app: 'web' }, ...traits });

const NODES = { a1: { zone: 'a' }, a2: { zone: 'a' }, b1: { zone: 'b' }, c1: { zone: 'c' } };

function verdicts(view: ClusterView, traits: PodTraits): { takes: string[]; because: string[] } {
  const cluster = view.snapshot();
  const check = podTopologySpread.check(podWith(traits), cluster);
  const refusals = cluster.nodes.map((node) => ({ name: node.name, refusal: check?.(node) }));
  return {
    takes: refusals.filter(({ refusal }) => refusal === undefined).map(({ name }) => name),
    because: [...new Set(refusals.flatMap(({ refusal = [] }) => [...refusal]))],
  };
}

function points(view: ClusterView, traits: PodTraits): Record<string, number> {
  const cluster = view.snapshot();
  const pod = podWith(traits);
  const policy = { id: 'x/1', filters: [], scores: [{ rule: preferredTopologySpread, weight: 1 }] };
  const slots = Int32Array.from(cluster.nodes.keys());
  const { totals } = rankNodes(slots, pod, policy, cluster, cluster.verdicts.of(pod, policy));
  return Object.fromEntries(cluster.nodes.map(({ name }, i) => [name, totals[i] ?? 0]));
}

describe('PodTopologySpread', () => {
  it('has nothing to say of pods that ask for nothing, or only wish', () => {
    const cluster = clusterOf(NODES, [on('a1')]).snapshot();
    expect(podTopologySpread.check(podWith({ labels: { app: 'web' } }), cluster)).toBeUndefined();
    expect(podTopologySpread.check(podWith(softly({})), cluster)).toBeUndefined();
  });

  it('keeps every domain within maxSkew of the emptiest', () => {
    const view = clusterOf(NODES, [on('a1'), on('a2'), on('b1')]);
    expect(verdicts(view, spread({}))).toEqual({
      takes: ['c1'],
      because: ["node(s) didn't match pod topology spread constraints"],
    });
    expect(verdicts(view, spread({ maxSkew: 2 })).takes).toEqual(['b1', 'c1']);
    expect(verdicts(view, spread({ maxSkew: 3 })).because).toEqual([]);
  });

  it('tells a node without the label by name', () => {
    expect(verdicts(clusterOf({ ...NODES, lost: {} }, [on('lost')]), spread({}))).toEqual({
      takes: ['a1', 'a2', 'b1', 'c1'],
      because: ["node(s) didn't match pod topology spread constraints (missing required label)"],
    });
  });

  it('keeps to several constraints at once, of nodes that have all the labels', () => {
    const nodes = {
      a1: { zone: 'a', host: '1' },
      a2: { zone: 'a', host: '2' },
      b1: { zone: 'b', host: '3' },
      c: { zone: 'c' },
    };
    const view = clusterOf(nodes, [on('a1'), on('b1'), on('c')]);
    expect(verdicts(view, spread({}, { topologyKey: 'host' })).takes).toEqual(['a2']);
    expect(
      verdicts(clusterOf(nodes, [on('a1'), on('a2'), on('b1')]), spread({}, { topologyKey: 'host' })).takes,
    ).toEqual(['b1']);
  });

  it('counts pods of its own namespace that the selector chooses, and that stay', () => {
    const others = [
      on('a1', { labels: { app: 'db' } }),
      on('a1', { namespace: 'other' }),
      on('a1', { deleting: true }),
      on('a1', { phase: 'Succeeded' }),
    ];
    expect(verdicts(clusterOf(NODES, others), spread({})).because).toEqual([]);
    expect(verdicts(clusterOf(NODES, [...others, on('a2')]), spread({})).takes).toEqual(['b1', 'c1']);
  });

  it('does not add the pod itself where the selector does not choose it', () => {
    const view = clusterOf(NODES, [on('a1')]);
    expect(verdicts(view, { ...spread({}), labels: {} }).takes).toEqual(['a1', 'a2', 'b1', 'c1']);
  });

  it.each([
    ['an empty selector', {}],
    ['no selector', undefined],
  ])('counts no pod by %s', (_, labelSelector) => {
    expect(verdicts(clusterOf(NODES, [on('a1'), on('a2')]), spread({ labelSelector })).because).toEqual([]);
  });

  it('counts those alone that have the same values of matchLabelKeys', () => {
    const keyed = spread({ matchLabelKeys: ['version', 'none'] });
    const view = clusterOf(NODES, [on('a1', { labels: { app: 'web', version: '1' } })]);
    expect(verdicts(view, { ...keyed, labels: { app: 'web', version: '2' } }).because).toEqual([]);
    expect(verdicts(view, { ...keyed, labels: { app: 'web', version: '1' } }).takes).toEqual(['b1', 'c1']);
  });

  it('takes the emptiest domain for empty when there are fewer than minDomains', () => {
    const view = clusterOf(NODES, [on('a1'), on('b1'), on('c1')]);
    expect(verdicts(view, spread({ minDomains: 3 })).because).toEqual([]);
    expect(verdicts(view, spread({ minDomains: 4 })).takes).toEqual([]);
  });

  it('looks at domains that the pod may go to, unless it is to ignore that', () => {
    const nodes = { a: { zone: 'a', disk: 'ssd' }, b: { zone: 'b', disk: 'ssd' }, c: { zone: 'c' } };
    const view = clusterOf(nodes, [on('a'), on('b')]);
    const onSsd = { nodeSelector: { disk: 'ssd' } };
    expect(verdicts(view, { ...spread({}), ...onSsd }).takes).toEqual(['a', 'b', 'c']);
    expect(verdicts(view, { ...spread({ nodeAffinityPolicy: 'Ignore' }), ...onSsd }).takes).toEqual(['c']);
  });

  it('looks at tainted nodes, unless it is to honor that', () => {
    const view = clusterOf(NODES, [on('a1'), on('b1')]);
    view.setNode(aNode('c1', { labels: { zone: 'c' }, taints: [{ key: 'k', effect: 'NoSchedule' }] }));
    expect(verdicts(view, spread({})).takes).toEqual(['c1']);
    expect(verdicts(view, spread({ nodeTaintsPolicy: 'Honor' })).because).toEqual([]);
    const tolerating = { tolerations: [{ operator: 'Exists' }] };
    expect(verdicts(view, { ...spread({ nodeTaintsPolicy: 'Honor' }), ...tolerating }).takes).toEqual(['c1']);
  });
});

describe('the score of PodTopologySpread', () => {
  // Worked out by hand from Kubernetes' formula: n pods in one of d domains are n * ln(d + 2) + maxSkew - 1, rounded.
  it('is best where the fewest are', () => {
    const view = clusterOf(NODES, [on('a1'), on('a2'), on('b1')]);
    // 2, 1, 0 pods, ln 5: 3, 2, 0
    expect(points(view, softly({}))).toEqual({ a1: 0, a2: 0, b1: 33, c1: 100 });
    // And 4 more each.
    expect(points(view, softly({ maxSkew: 5 }))).toEqual({ a1: 57, a2: 57, b1: 71, c1: 100 });
  });

  it('is 100 for all when there are none, and 0 for nodes without the labels', () => {
    expect(points(clusterOf({ ...NODES, lost: {} }), softly({}))).toEqual({
      a1: 100,
      a2: 100,
      b1: 100,
      c1: 100,
      lost: 0,
    });
  });

  it('weighs nodes and zones each by how many there are', () => {
    const nodes = {
      a1: { zone: 'a', 'kubernetes.io/hostname': 'a1' },
      a2: { zone: 'a', 'kubernetes.io/hostname': 'a2' },
      b1: { zone: 'b', 'kubernetes.io/hostname': 'b1' },
    };
    const view = clusterOf(nodes, [on('a1'), on('b1')]);
    // a1: 1.386 + 1.609 = 3; a2: 1.386 = 1; b1: as a1
    expect(points(view, softly({}, { topologyKey: 'kubernetes.io/hostname' }))).toEqual({ a1: 33, a2: 100, b1: 33 });
  });

  describe('of pods that ask for nothing', () => {
    const nodes = Object.fromEntries(['a', 'b', 'c'].map((name) => [name, { 'kubernetes.io/hostname': name }]));
    const owned = (nodeName: string) => on(nodeName, { owner: 'web-1', ownerKind: 'apps/v1 ReplicaSet' });
    const selecting = (selector: object) =>
      ({ apiVersion: 'v1', kind: 'X', metadata: {}, spec: { selector } }) as never;

    it('spreads those that their controller chooses over nodes', () => {
      const view = clusterOf(nodes, [owned('a'), owned('a'), owned('b')]);
      const { nodeName: _, ...traits } = owned('');
      expect(preferredTopologySpread.rate(podWith(traits), view.snapshot())).toBeUndefined();
      view.setSelector('replicasets.apps', 'default', 'web-1', selecting({ matchLabels: { app: 'web' } }));
      // One zone (none) and three nodes: 2, 1 and 0 times ln 5, and 4.
      expect(points(view, traits)).toEqual({ a: 57, b: 71, c: 100 });
      view.setSelector('replicasets.apps', 'default', 'web-1', undefined);
      expect(preferredTopologySpread.rate(podWith(traits), view.snapshot())).toBeUndefined();
    });

    it('spreads those that their Services choose', () => {
      const view = clusterOf(nodes, [on('a'), on('a'), on('b')]);
      view.setSelector('services', 'default', 'web', selecting({ app: 'web' }));
      expect(points(view, { labels: { app: 'web' } })).toEqual({ a: 57, b: 71, c: 100 });
      expect(preferredTopologySpread.rate(podWith({ labels: { app: 'db' } }), view.snapshot())).toBeUndefined();
      view.setSelector('services', 'default', 'web', selecting({ app: 'db' }));
      expect(preferredTopologySpread.rate(podWith({ labels: { app: 'web' } }), view.snapshot())).toBeUndefined();
    });

    it('leaves those alone that ask for what must be, and nothing else', () => {
      const view = clusterOf(nodes, [on('a')]);
      view.setSelector('services', 'default', 'web', selecting({ app: 'web' }));
      expect(preferredTopologySpread.rate(podWith(spread({})), view.snapshot())).toBeUndefined();
    });
  });
});
