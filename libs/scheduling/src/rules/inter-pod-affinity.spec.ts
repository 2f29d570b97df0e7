import type { Affinity, PodAffinityTerm } from '@shiplog/contracts';
import { rankNodes } from '../scoring';
import { aNamespace, aNode, clusterOf, podWith, type PodTraits } from '../testing/builders';
import type { ClusterView } from '../cluster-view';
import { interPodAffinity, preferredInterPodAffinity } from './inter-pod-affinity';

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';
type Kind = 'podAffinity' | 'podAntiAffinity';
const term = (app: string, traits: Partial<PodAffinityTerm> = {}): PodAffinityTerm => ({
  labelSelector: { matchLabels: { app } },
  topologyKey: 'zone',
  ...traits,
});
const required = (kind: Kind, ...terms: PodAffinityTerm[]): { affinity: Affinity } => ({
  affinity: { [kind]: { [REQUIRED]: terms } },
});
const preferred = (kind: Kind, weight: number, podAffinityTerm: PodAffinityTerm): { affinity: Affinity } => ({
  affinity: { [kind]: { [PREFERRED]: [{ weight, podAffinityTerm }] } },
});
const on = (nodeName: string, app: string, traits: PodTraits = {}) => ({ nodeName, labels: { app }, ...traits });

/** Two zones of two nodes, and a node that is in none. */
const NODES = { a1: { zone: 'a' }, a2: { zone: 'a' }, b1: { zone: 'b' }, b2: { zone: 'b' }, lost: {} };

const labelled = (name: string, labels: Record<string, string>) => aNode(name, { labels });

/** The nodes that take the pod, and why the others don't. */
function verdicts(view: ClusterView, pod: PodTraits): { takes: string[]; because: string[] } {
  const cluster = view.snapshot();
  const check = interPodAffinity.check(podWith(pod), cluster);
  const refusals = cluster.nodes.map((node) => ({ name: node.name, refusal: check?.(node) }));
  return {
    takes: refusals.filter(({ refusal }) => refusal === undefined).map(({ name }) => name),
    because: [...new Set(refusals.flatMap(({ refusal = [] }) => [...refusal]))],
  };
}

/** The points of each node. */
function points(view: ClusterView, pod: PodTraits): Record<string, number> {
  const cluster = view.snapshot();
  const policy = { id: 'x/1', filters: [], scores: [{ rule: preferredInterPodAffinity, weight: 1 }] };
  const facts = podWith(pod);
  const slots = Int32Array.from(cluster.nodes.keys());
  const { totals } = rankNodes(slots, facts, policy, cluster, cluster.verdicts.of(facts, policy));
  return Object.fromEntries(cluster.nodes.map(({ name }, i) => [name, totals[i] ?? 0]));
}

describe('InterPodAffinity', () => {
  it('has nothing to say of pods that ask nothing and are asked nothing', () => {
    const cluster = clusterOf(NODES, [on('a1', 'web')]).snapshot();
    expect(interPodAffinity.check(podWith({ labels: { app: 'web' } }), cluster)).toBeUndefined();
    expect(preferredInterPodAffinity.rate(podWith({ labels: { app: 'web' } }), cluster)).toBeUndefined();
  });

  it('puts a pod where others are that it must be near', () => {
    expect(verdicts(clusterOf(NODES, [on('a1', 'db'), on('b1', 'web')]), required('podAffinity', term('db')))).toEqual({
      takes: ['a1', 'a2'],
      because: ["node(s) didn't match pod affinity rules"],
    });
  });

  it('wants pods that all of several terms mean, and in the domain of each', () => {
    const both = required('podAffinity', term('db'), {
      labelSelector: { matchLabels: { tier: 'back' } },
      topologyKey: 'host',
    });
    const nodes = { a1: { zone: 'a', host: '1' }, a2: { zone: 'a', host: '2' } };
    const apart = clusterOf(nodes, [on('a1', 'db'), { nodeName: 'a1', labels: { tier: 'back' } }]);
    expect(verdicts(apart, both).takes).toEqual([]);
    const together = clusterOf(nodes, [{ nodeName: 'a1', labels: { app: 'db', tier: 'back' } }]);
    expect(verdicts(together, both).takes).toEqual(['a1']);
  });

  it('lets the first of a group go wherever the label is, but only one that is of the group', () => {
    const first = required('podAffinity', term('db'));
    expect(verdicts(clusterOf(NODES), { ...first, labels: { app: 'db' } }).takes).toEqual(['a1', 'a2', 'b1', 'b2']);
    expect(verdicts(clusterOf(NODES), { ...first, labels: { app: 'web' } }).takes).toEqual([]);
    expect(verdicts(clusterOf(NODES, [on('lost', 'db')]), { ...first, labels: { app: 'db' } }).takes).toEqual([
      'a1',
      'a2',
      'b1',
      'b2',
    ]);
    expect(verdicts(clusterOf(NODES, [on('b2', 'db')]), { ...first, labels: { app: 'db' } }).takes).toEqual([
      'b1',
      'b2',
    ]);
  });

  it('keeps a pod off where others are that it must be far from; without the label a node is far', () => {
    expect(verdicts(clusterOf(NODES, [on('a1', 'web')]), required('podAntiAffinity', term('web')))).toEqual({
      takes: ['b1', 'b2', 'lost'],
      because: ["node(s) didn't match pod anti-affinity rules"],
    });
  });

  it('keeps off pods that must be far from those that are there', () => {
    const view = clusterOf(NODES, [on('b1', 'db', required('podAntiAffinity', term('web')))]);
    expect(verdicts(view, { labels: { app: 'web' } })).toEqual({
      takes: ['a1', 'a2', 'lost'],
      because: ["node(s) didn't satisfy existing pods anti-affinity rules"],
    });
    expect(verdicts(view, { labels: { app: 'db' } }).because).toEqual([]);
  });

  it('counts pods that are being deleted, and none that has ended', () => {
    const far = required('podAntiAffinity', term('web'));
    expect(verdicts(clusterOf(NODES, [on('a1', 'web', { deleting: true })]), far).takes).toEqual(['b1', 'b2', 'lost']);
    expect(verdicts(clusterOf(NODES, [on('a1', 'web', { phase: 'Failed' })]), far).because).toEqual([]);
  });

  it.each<[string, Partial<PodAffinityTerm>, boolean]>([
    ['of its own namespace', {}, false],
    ['of a namespace that it names', { namespaces: ['other'] }, true],
    ['of namespaces with labels', { namespaceSelector: { matchLabels: { team: 'x' } } }, true],
    ['of namespaces with other labels', { namespaceSelector: { matchLabels: { team: 'y' } } }, false],
    ['of any namespace', { namespaceSelector: {} }, true],
    ['of none, without a selector', { labelSelector: undefined, namespaceSelector: {} }, false],
    ['whatever their labels', { labelSelector: {}, namespaces: ['other'] }, true],
    [
      'with a label that has one of several values, and not another',
      {
        namespaces: ['other'],
        labelSelector: {
          matchExpressions: [
            { key: 'app', operator: 'In', values: ['x', 'web'] },
            { key: 'tier', operator: 'DoesNotExist' },
          ],
        },
      },
      true,
    ],
    [
      'with a label, whatever its value',
      { namespaces: ['other'], labelSelector: { matchExpressions: [{ key: 'app', operator: 'Exists' }] } },
      true,
    ],
    [
      'without a label',
      { namespaces: ['other'], labelSelector: { matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] } },
      false,
    ],
  ])('means pods %s, both ways', (_, traits, isMeant) => {
    const namespaces = { other: { team: 'x' }, default: {} };
    const far = required('podAntiAffinity', term('web', traits));
    const own = clusterOf(NODES, [on('a1', 'web', { namespace: 'other' })], namespaces);
    expect(verdicts(own, far).because).toHaveLength(isMeant ? 1 : 0);
    const theirs = clusterOf(NODES, [{ nodeName: 'a1', ...far }], namespaces);
    expect(verdicts(theirs, { namespace: 'other', labels: { app: 'web' } }).because).toHaveLength(isMeant ? 1 : 0);
  });

  it('follows nodes and namespaces whose labels change, and nodes that go', () => {
    const view = clusterOf({ a: { zone: '1' }, b: { zone: '2' } }, [on('a', 'web', { namespace: 'n' })], { n: {} });
    const far = required('podAntiAffinity', term('web', { namespaceSelector: { matchLabels: { team: 'x' } } }));
    expect(verdicts(view, far).takes).toEqual(['a', 'b']);
    view.setNamespace('n', aNamespace('n', { team: 'x' }));
    expect(verdicts(view, far).takes).toEqual(['b']);
    view.setNode(labelled('b', { zone: '1' }));
    expect(verdicts(view, far).takes).toEqual([]);
    view.setNode(labelled('a', {}));
    expect(verdicts(view, far).takes).toEqual(['a', 'b']);
    view.setNode(labelled('a', { zone: '1' }));
    view.removeNode('a');
    expect(verdicts(view, far).takes).toEqual(['b']);
    view.setNode(labelled('a', { zone: '1' }));
    expect(verdicts(view, far).takes).toEqual([]);
    view.setNamespace('n', undefined);
    expect(verdicts(view, far).takes).toEqual(['a', 'b']);
  });
});

describe('the score of InterPodAffinity', () => {
  it('is best near what the pod prefers, and worst near what it would rather be far from', () => {
    const view = clusterOf(NODES, [on('a1', 'web'), on('a2', 'web'), on('b1', 'web')]);
    expect(points(view, preferred('podAffinity', 10, term('web')))).toEqual({
      a1: 100,
      a2: 100,
      b1: 50,
      b2: 50,
      lost: 0,
    });
    expect(points(view, preferred('podAntiAffinity', 10, term('web')))).toEqual({
      a1: 0,
      a2: 0,
      b1: 50,
      b2: 50,
      lost: 100,
    });
  });

  it('also knows what pods that are there prefer, and whom they must be near', () => {
    const web = { labels: { app: 'web' } };
    const liked = clusterOf(NODES, [
      on('a1', 'db', preferred('podAffinity', 4, term('web'))),
      on('b1', 'db', required('podAffinity', term('web'))),
    ]);
    expect(points(liked, web)).toEqual({ a1: 100, a2: 100, b1: 25, b2: 25, lost: 0 });
    const disliked = clusterOf(NODES, [on('a1', 'db', preferred('podAntiAffinity', 4, term('web')))]);
    expect(points(disliked, web)).toEqual({ a1: 0, a2: 0, b1: 100, b2: 100, lost: 100 });
  });
});
