import type { StoredNode, StoredPod } from '@shiplog/kube';
import { decideBatch, type Verdict } from '../decide';
import type { StoredBudget } from '../facts/budgets';
import { podFacts } from '../facts/pod-facts';
import { policyOf } from '../policy';
import { aBudget, aNode, aPod, viewOf, type PodTraits } from '../testing/builders';

const policy = policyOf('default/3');
const SEED = 1;

/** A pod on a node that takes so many of its 4 cores. */
const on = (node: string, name: string, cpu: number, priority: number, traits: PodTraits = {}): StoredPod =>
  aPod(name, { nodeName: node, requests: { cpu: String(cpu) }, priority, ...traits });
const wants = (cpu: number, traits: PodTraits = {}, name = 'urgent'): StoredPod =>
  aPod(name, { requests: { cpu: String(cpu) }, priority: 100, ...traits });
const since = (minute: number) => ({ startTime: `2024-01-01T00:0${minute}:00Z` });

function decideAll(
  nodes: readonly StoredNode[],
  pods: readonly StoredPod[],
  waiting: readonly StoredPod[],
  budgets: readonly StoredBudget[] = [],
): readonly Verdict[] {
  const view = viewOf(nodes, [...pods, ...waiting], { budgets });
  return decideBatch(view.snapshot(), waiting.map(podFacts), SEED, policy);
}

function decide(
  nodes: readonly StoredNode[],
  pods: readonly StoredPod[],
  pod: StoredPod,
  budgets: readonly StoredBudget[] = [],
): Verdict {
  return decideAll(nodes, pods, [pod], budgets)[0]!;
}

const namesOf = (verdict: Verdict | undefined): unknown =>
  verdict?.outcome === 'preempts'
    ? [verdict.node, ...verdict.victims.map(({ pod }) => pod.metadata.name)]
    : verdict?.outcome;
const sentenceOf = (verdict: Verdict): unknown => ('sentence' in verdict ? verdict.sentence : verdict.outcome);

const [a, b, c] = [aNode('a'), aNode('b'), aNode('c')] as const;

describe('who has to go from a node', () => {
  it('is as few as can be: the more important ones stay', () => {
    const pods = [on('a', 'low', 2, 1), on('a', 'middle', 1, 5), on('a', 'high', 1, 50)];
    expect(namesOf(decide([a], pods, wants(1)))).toEqual(['a', 'low']);
    expect(namesOf(decide([a], pods, wants(3)))).toEqual(['a', 'middle', 'low']);
  });

  it('is never as important as the pod itself', () => {
    const verdict = decide([a], [on('a', 'equal', 4, 100)], wants(1));
    expect(sentenceOf(verdict)).toBe(
      '0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
    );
  });

  it('of equals, is the one that began last; one that has not begun goes first', () => {
    const pods = [on('a', 'x', 1, 1, since(1)), on('a', 'y', 1, 1, since(2)), on('a', 'z', 1, 1), on('a', 'w', 1, 1)];
    expect(namesOf(decide([a], pods, wants(1)))).toEqual(['a', 'z']);
    expect(namesOf(decide([a], pods, wants(3)))).toEqual(['a', 'y', 'w', 'z']);
  });

  it('is not whom a budget keeps, as long as others can go; and is that one if not', () => {
    const pods = [on('a', 'kept', 2, 1, { labels: { app: 'db' } }), on('a', 'other', 2, 9)];
    expect(namesOf(decide([a], pods, wants(2), [aBudget('db', 0)]))).toEqual(['a', 'other']);
    const both = decide([a], pods, wants(4), [aBudget('db', 0)]);
    expect(namesOf(both)).toEqual(['a', 'other', 'kept']);
    expect(both).toMatchObject({ decision: { preemption: { violations: 1 } } });
  });

  it('charges no budget for a pod that it has counted out already', () => {
    const pods = [on('a', 'gone', 4, 1, { labels: { app: 'db' } })];
    const verdict = decide([a], pods, wants(2), [aBudget('db', 0, ['gone'])]);
    expect(verdict).toMatchObject({ decision: { preemption: { violations: 0 } } });
  });

  it('may hold a port that the pod wants', () => {
    const port = { containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 80 }] }] };
    const pods = [on('a', 'web', 0, 1, port), on('a', 'other', 1, 0)];
    expect(namesOf(decide([a], pods, wants(1, port)))).toEqual(['a', 'web']);
  });
});

describe('the node whose pods have to go', () => {
  it.each<[string, readonly StoredPod[], string]>([
    [
      'has the least important victim, however many there are',
      [on('a', 'a1', 4, 5), on('b', 'b1', 2, 4), on('b', 'b2', 2, 4)],
      'b',
    ],
    [
      'has the smallest sum of priorities then',
      [on('a', 'a1', 2, 5), on('a', 'a2', 2, 4), on('b', 'b1', 2, 5), on('b', 'b2', 2, 3)],
      'b',
    ],
    ['has the fewest victims then', [on('a', 'a1', 2, 0), on('a', 'a2', 2, 0), on('b', 'b1', 4, 0)], 'b'],
    [
      'has the most important victim that began last then',
      [on('a', 'a1', 4, 5, since(1)), on('b', 'b1', 4, 5, since(3)), on('c', 'c1', 4, 5, since(2))],
      'b',
    ],
  ])('%s', (_, pods, node) => {
    const nodes = [a, b, c].filter(({ metadata }) => pods.some(({ spec }) => spec?.nodeName === metadata.name));
    expect(decide(nodes, pods, wants(4))).toMatchObject({ outcome: 'preempts', node });
  });

  it('is one where no budget is overdrawn, before all else', () => {
    const pods = [on('a', 'a1', 4, 1, { labels: { app: 'db' } }), on('b', 'b1', 4, 50)];
    expect(namesOf(decide([a, b], pods, wants(4), [aBudget('db', 0)]))).toEqual(['b', 'b1']);
  });

  it("is not one where nobody's going would help", () => {
    const tainted = aNode('a', { taints: [{ key: 'k', effect: 'NoSchedule' }] });
    const small = aNode('b', { allocatable: { cpu: '2' } });
    const pods = [on('a', 'a1', 1, 0), on('b', 'b1', 1, 0), on('c', 'c1', 2, 0), on('c', 'c2', 2, 100)];
    expect(sentenceOf(decide([tainted, small, c], pods, wants(3)))).toBe(
      '0/3 nodes are available: 1 node(s) had untolerated taint {k: }, 2 Insufficient cpu. preemption: ' +
        '0/3 nodes are available: 1 Insufficient cpu, 2 Preemption is not helpful for scheduling.',
    );
  });

  it('is recorded with what it was chosen from', () => {
    const verdict = decide([a, b], [on('a', 'a1', 4, 5), on('b', 'b1', 4, 4)], wants(4));
    expect(verdict).toMatchObject({
      sentence: '0/2 nodes are available: 2 Insufficient cpu.',
      decision: {
        policy: 'default/3',
        refused: { NodeResourcesFit: 2 },
        preemption: {
          node: 'b',
          victims: [{ namespace: 'default', name: 'b1', uid: 'uid-b1' }],
          violations: 0,
          candidates: 2,
          assumed: 0,
        },
      },
    });
  });

  it('is one of a tenth of the nodes, but of a hundred at least', () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => aNode(`n${i}`));
    const full = (nodes: readonly StoredNode[]) =>
      nodes.map(({ metadata }) => on(metadata.name, `on-${metadata.name}`, 4, 0));
    for (const [count, candidates] of [
      [90, 90],
      [300, 100],
      [1500, 150],
    ] as const) {
      const nodes = many(count);
      expect(decide(nodes, full(nodes), wants(1))).toMatchObject({ decision: { preemption: { candidates } } });
    }
  });
});

describe('nobody has to go', () => {
  it('for a pod that fits somewhere', () => {
    expect(decide([a, b], [on('a', 'low', 4, 0)], wants(4))).toMatchObject({ outcome: 'fits', node: 'b' });
  });

  it('for one that says Never', () => {
    const verdict = decide([a], [on('a', 'low', 4, 0)], wants(4, { preemptionPolicy: 'Never' }));
    expect(sentenceOf(verdict)).toBe(
      '0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.',
    );
  });

  it('while pods still end on the node that it is nominated to', () => {
    const ending = on('a', 'low', 4, 0, { preempted: true });
    const verdict = decide([a, b], [ending, on('b', 'other', 4, 0)], wants(4, { nominated: 'a' }));
    expect(sentenceOf(verdict)).toBe(
      '0/2 nodes are available: 2 Insufficient cpu. preemption: not eligible due to a terminating pod on the nominated node.',
    );
  });

  it('by a policy that knows nothing of it', () => {
    const view = viewOf([a], [on('a', 'low', 4, 0)]);
    const [verdict] = decideBatch(view.snapshot(), [podFacts(wants(4))], SEED, policyOf('default/2'));
    expect(verdict).toMatchObject({
      outcome: 'fits nowhere',
      sentence: '0/1 nodes are available: 1 Insufficient cpu.',
    });
  });
});

describe('a nominated pod', () => {
  it('keeps its room from pods that are not more important', () => {
    const nominated = wants(4, { nominated: 'a' }, 'nominated');
    expect(namesOf(decide([a], [nominated], wants(1, { priority: 100 })))).toBe('fits nowhere');
    expect(decide([a], [nominated], wants(1, { priority: 101 }))).toMatchObject({ outcome: 'fits', node: 'a' });
  });

  it('goes there, though others are emptier; and elsewhere, if it is not to be had', () => {
    const pod = wants(2, { nominated: 'a' });
    expect(decide([a, b], [on('a', 'x', 2, 0)], pod)).toMatchObject({ outcome: 'fits', node: 'a' });
    expect(decide([a, b], [on('a', 'x', 4, 100)], pod)).toMatchObject({ outcome: 'fits', node: 'b' });
  });

  it('does not count beside itself once it is placed', () => {
    const [first, second] = decideAll([a], [], [wants(2, { nominated: 'a' }, 'p1'), wants(2, {}, 'p2')]);
    expect([first, second]).toMatchObject([{ outcome: 'fits' }, { outcome: 'fits' }]);
  });

  it('loses that when no node is left for it', () => {
    const verdict = decide([a], [on('a', 'x', 4, 100)], wants(2, { nominated: 'a' }));
    expect(verdict).toMatchObject({ outcome: 'fits nowhere', losesNomination: true });
  });

  it('loses that to a more important one which takes its node', () => {
    const other = wants(2, { nominated: 'a', priority: 50 }, 'other');
    const verdict = decide([a], [on('a', 'low', 4, 0), other], wants(4));
    expect(verdict).toMatchObject({ outcome: 'preempts', outranked: [{ uid: 'uid-other' }] });
  });
});

describe('several pods of one batch', () => {
  it('have different pods go for them, and budgets spare none twice', () => {
    const app = { labels: { app: 'web' } };
    const pods = [on('a', 'a1', 4, 0, app), on('b', 'b1', 4, 0, app), on('c', 'c1', 4, 9)];
    const verdicts = decideAll([a, b, c], pods, [wants(4, {}, 'p1'), wants(4, {}, 'p2')], [aBudget('web', 1)]);
    expect(verdicts).toMatchObject([
      { decision: { preemption: { violations: 0, assumed: 0 } } },
      { node: 'c', decision: { preemption: { violations: 0, assumed: 1 } } },
    ]);
  });

  it('are not told that all is in vain because of evictions that are not made yet', () => {
    const verdicts = decideAll([a], [on('a', 'low', 4, 0)], [wants(4, {}, 'p1'), wants(4, {}, 'p2')]);
    expect(verdicts.map(namesOf)).toEqual([['a', 'low'], 'retry in next batch']);
  });

  it('have nobody go from a node that would not do with what the batch binds to it', () => {
    const port = { containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 80 }] }] };
    const first = aPod('first', { priority: 200, ...port, nodeSelector: { zone: 'z' } });
    const nodes = [aNode('a', { labels: { zone: 'z' } })];
    const second = wants(4, { containers: [{ ...port.containers[0]!, resources: { requests: { cpu: '4' } } }] });
    const verdicts = decideAll(nodes, [on('a', 'low', 4, 0)], [first, second]);
    expect(verdicts.map(namesOf)).toEqual(['fits', 'retry in next batch']);
  });
});
