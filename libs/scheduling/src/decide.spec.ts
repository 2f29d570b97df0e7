import type { StoredNode, StoredPod } from '@shiplog/kube';
import { decideAgain, decideBatch, type Verdict } from './decide';
import { policyOf } from './policy';
import { aNode, aPod, podWith, viewOf, type PodTraits } from './testing/builders';
import { podFacts } from './facts/pod-facts';

const policy = policyOf('default/1');
const decide = (nodes: StoredNode[], pods: PodTraits[], seed = 7, existing: StoredPod[] = []): readonly Verdict[] =>
  decideBatch(
    viewOf(nodes, existing).snapshot(),
    pods.map((traits, i) => podWith(traits, `p${i}`)),
    seed,
    policy,
  );
const sentence = (verdict: Verdict | undefined) => (verdict?.outcome === 'fits nowhere' ? verdict.sentence : verdict);
const nodeOf = (verdict: Verdict | undefined) => (verdict?.outcome === 'fits' ? verdict.node : verdict?.outcome);

describe('decideBatch', () => {
  it('says why no node fits as Kubernetes does, counting nodes by reason', () => {
    const nodes = [aNode('a', { unschedulable: true }), aNode('b'), aNode('c')];
    expect(sentence(decide(nodes, [{ requests: { cpu: '5' } }])[0])).toBe(
      '0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu.',
    );
    expect(sentence(decide(nodes, [{ requests: { cpu: '5', memory: '1Ti' } }])[0])).toBe(
      '0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu, 2 Insufficient memory.',
    );
  });

  it('says so when there are no nodes at all', () => {
    expect(sentence(decide([], [{}])[0])).toBe('no nodes available to schedule pods');
  });

  it('records how many nodes each rule refused, the first that would counting', () => {
    const nodes = [
      aNode('a', { unschedulable: true, allocatable: { cpu: '1' } }),
      aNode('b', { allocatable: { cpu: '1' } }),
    ];
    expect(decide(nodes, [{ requests: { cpu: '2' } }])[0]).toMatchObject({
      outcome: 'fits nowhere',
      refusedBy: ['NodeUnschedulable', 'NodeResourcesFit'],
      decision: { policy: 'default/1', nodes: 2, top: [], refused: { NodeUnschedulable: 1, NodeResourcesFit: 1 } },
    });
  });

  it('records the winner first, the best few with their points by rule, and the seed', () => {
    const nodes = ['a', 'b', 'c', 'd', 'e'].map((name, i) => aNode(name, { allocatable: { cpu: String(2 + i) } }));
    const [verdict] = decide(nodes, [{ requests: { cpu: '1', memory: '1Gi' }, owner: 'web' }]);
    expect(verdict).toMatchObject({ outcome: 'fits', node: 'e', decision: { winner: 'e', nodes: 5, assumed: 0 } });
    if (verdict?.outcome !== 'fits') throw new Error('does not fit');
    expect(verdict.decision.top.map(({ node }) => node)).toEqual(['e', 'd', 'c']);
    const [best] = verdict.decision.top;
    expect(best?.byRule).toEqual({
      NodeResourcesLeastAllocated: 85,
      NodeResourcesBalancedAllocation: 97,
      SpreadByOwner: 200,
      PreferUntainted: 300,
    });
    expect(best?.total).toBe(682);
  });

  it('spreads the pods of one owner within a batch: each counts at once for the next', () => {
    const nodes = ['a', 'b', 'c'].map((name) => aNode(name));
    const verdicts = decide(
      nodes,
      Array.from({ length: 6 }, () => ({ owner: 'web' })),
    );
    const counts = ['a', 'b', 'c'].map((name) => verdicts.filter((verdict) => nodeOf(verdict) === name).length);
    expect(counts).toEqual([2, 2, 2]);
    expect(verdicts.map((v) => (v.outcome === 'fits' ? v.decision.assumed : -1))).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('leaves a pod to the next batch, not unschedulable, when only bindings of its own batch are in its way', () => {
    const asks: PodTraits = { requests: { cpu: '3' } };
    const verdicts = decide([aNode('a')], [asks, asks, { requests: { cpu: '9' } }]);
    expect(verdicts.map(({ outcome }) => outcome)).toEqual(['fits', 'retry in next batch', 'fits nowhere']);
    expect(verdicts[2]).toMatchObject({ decision: { assumed: 0 } });
  });

  it('leaves the snapshot as it was', () => {
    const view = viewOf([aNode('a')]);
    decideBatch(view.snapshot(), [podWith({ requests: { cpu: '1' } })], 1, policy);
    expect(view.node('a')?.podCount).toBe(0);
    expect(view.node('a')?.requested.size).toBe(0);
  });

  it('breaks ties by the seed: the same for the same seed, all nodes over many seeds', () => {
    const nodes = ['a', 'b', 'c'].map((name) => aNode(name));
    const choices = Array.from({ length: 300 }, (_, seed) => nodeOf(decide(nodes, [{}], seed)[0]));
    expect(choices).toEqual(Array.from({ length: 300 }, (_, seed) => nodeOf(decide(nodes, [{}], seed)[0])));
    for (const name of ['a', 'b', 'c']) expect(choices.filter((choice) => choice === name).length).toBeGreaterThan(60);
  });

  it('prefers untainted nodes, and the affinity that the pod prefers', () => {
    const slow = { key: 'slow', effect: 'PreferNoSchedule' };
    expect(nodeOf(decide([aNode('a', { taints: [slow] }), aNode('b')], [{}])[0])).toBe('b');
    const affinity = {
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 1, preference: { matchExpressions: [{ key: 'ssd', operator: 'Exists' }] } },
        ],
      },
    };
    expect(nodeOf(decide([aNode('a'), aNode('b', { labels: { ssd: '' } })], [{ affinity }])[0])).toBe('b');
  });
});

describe('decideAgain', () => {
  it('makes each decision of a batch again from the state at its basis, its seed and the bindings before it', () => {
    const nodes = ['a', 'b', 'c', 'd'].map((name) => aNode(name));
    const existing = [aPod('x', { nodeName: 'b', owner: 'web', requests: { cpu: '1' } })];
    const asked = Array.from({ length: 9 }, (_, i) => ({ owner: 'web', requests: { cpu: `${100 * (i % 3)}m` } }));
    const pods = asked.map((traits, i) => podFacts(aPod(`p${i}`, traits)));
    const verdicts = decideBatch(viewOf(nodes, existing).snapshot(), pods, 99, policy);
    verdicts.forEach((verdict, i) => {
      if (verdict.outcome !== 'fits') throw new Error('does not fit');
      const before = verdicts.slice(0, i).map((v, j) => ({ pod: pods[j]!, node: nodeOf(v)! }));
      const recorded = JSON.parse(JSON.stringify(verdict.decision)) as typeof verdict.decision;
      const later = viewOf(structuredClone(nodes), structuredClone(existing)).snapshot();
      expect(decideAgain(later, before, podFacts(structuredClone(verdict.pod.pod)), recorded)).toEqual(recorded);
    });
  });
});
