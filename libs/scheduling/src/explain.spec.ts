import { decideBatch } from './decide';
import { explain } from './explain';
import { policyOf } from './policy';
import { aNode, podWith, viewOf } from './testing/builders';

const policy = policyOf('default/1');

describe('explain', () => {
  const nodes = [
    aNode('a', { unschedulable: true, allocatable: { cpu: '1' } }),
    aNode('b'),
    aNode('c', { taints: [{ key: 'old', effect: 'PreferNoSchedule' }] }),
  ];
  const snapshot = viewOf(nodes).snapshot();
  const pod = podWith({ requests: { cpu: '2' } });

  it('tells of every node what every rule says, also after one that refuses', () => {
    const [a, b] = explain(snapshot, pod, policy);
    expect(a).toEqual({
      node: 'a',
      refusals: {
        NodeUnschedulable: ['node(s) were unschedulable'],
        NodeName: [],
        TaintToleration: [],
        NodeAffinity: [],
        NodePorts: [],
        NodeResourcesFit: ['Insufficient cpu'],
      },
      score: undefined,
    });
    expect(Object.values(b?.refusals ?? {}).flat()).toEqual([]);
  });

  it('gives the points that the decision recorded', () => {
    const [verdict] = decideBatch(snapshot, [pod], 3, policy);
    const scores = explain(snapshot, pod, policy).flatMap(({ score }) => score ?? []);
    expect(scores).toHaveLength(2);
    expect(verdict).toMatchObject({ outcome: 'fits', node: 'b' });
    if (verdict?.outcome === 'fits') expect(verdict.decision.top).toEqual(scores);
  });
});
