import { KNOWN_FILTERS, KNOWN_SCORES, type SchedulingPolicySpec } from '@shiplog/contracts';
import { decideAgain, decideBatch, type Verdict } from '../decide';
import { podFacts } from '../facts/pod-facts';
import { DEFAULT_POLICY, POLICY_IDS, policyOf } from '../policy';
import { isOfNode } from '../rule';
import { aNamespace, aNode, aPod, aPolicy, viewOf, type PodTraits } from '../testing/builders';
import { FILTERS_IN_ORDER, scoreNamed } from './known-rules';
import { userPolicy, type StoredPolicy } from './user-policy';

const fallback = policyOf(DEFAULT_POLICY);
const PACKING: SchedulingPolicySpec = { scores: [{ name: 'NodeResourcesMostAllocated', weight: 1 }] };
const NODES = [aNode('empty'), aNode('half')];
const ASKING = { requests: { cpu: '1', memory: '1Gi' } };
const EXISTING = [aPod('there', { nodeName: 'half', requests: { cpu: '2', memory: '4Gi' } })];

const viewWith = (policies: StoredPolicy[], namespaces = [aNamespace('default', {})]) =>
  viewOf(NODES, EXISTING, { namespaces, policies });
const decide = (view: ReturnType<typeof viewWith>, ...pods: PodTraits[]): readonly Verdict[] =>
  decideBatch(
    view.snapshot(),
    pods.map((traits, i) => podFacts(aPod(`p${i}`, { ...ASKING, ...traits }))),
    7,
    fallback,
  );
const nodeOf = (verdict: Verdict | undefined) => (verdict?.outcome === 'fits' ? verdict.node : verdict?.outcome);
const recordOf = (verdict: Verdict | undefined) => {
  if (verdict?.outcome !== 'fits' && verdict?.outcome !== 'fits nowhere') throw new Error('no decision');
  return verdict.decision;
};
const sentence = (verdict: Verdict | undefined) => (verdict?.outcome === 'fits nowhere' ? verdict.sentence : verdict);

describe('which policy decides', () => {
  it('is that which a pod names, each of a batch its own', () => {
    const [packed, spread] = decide(viewWith([aPolicy('packing', PACKING)]), { policy: 'packing' }, {});
    expect([nodeOf(packed), nodeOf(spread)]).toEqual(['half', 'empty']);
    expect([recordOf(packed).policy, recordOf(spread).policy]).toEqual(['packing/1', DEFAULT_POLICY]);
  });

  it('is else that of the namespace, unless the pod wants the default', () => {
    const view = viewWith(
      [aPolicy('packing', PACKING)],
      [aNamespace('default', {}, 'packing'), aNamespace('other', {})],
    );
    const pods = [{}, { policy: 'default' }, { policy: '' }, { namespace: 'other' }];
    expect(decide(view, ...pods).map((verdict) => recordOf(verdict).policy)).toEqual([
      'packing/1',
      DEFAULT_POLICY,
      'packing/1',
      DEFAULT_POLICY,
    ]);
  });

  it('keeps a pod waiting while there is none of that name', () => {
    const view = viewWith([]);
    const [missing] = decide(view, { policy: 'packing' });
    expect(sentence(missing)).toBe('0/2 nodes are available: scheduling policy "packing" not found.');
    expect(recordOf(missing)).toMatchObject({ policy: 'packing/0', refused: { SchedulingPolicy: 2 } });
    const pod = podFacts(aPod('p0', { ...ASKING, policy: 'packing' }));
    expect(decideAgain(view.snapshot(), [], pod, recordOf(missing))).toEqual(recordOf(missing));
    const there = viewWith([aPolicy('packing', PACKING)]).snapshot();
    expect(() => decideAgain(there, [], pod, recordOf(missing))).toThrow('made by packing/0: the state has packing/1');
  });

  it('keeps a pod waiting whose annotation is no name, and does not repeat it', () => {
    expect(sentence(decide(viewWith([]), { policy: '/'.repeat(10_000) })[0])).toBe(
      '0/2 nodes are available: annotation scheduling.shiplog.dev/policy does not name a scheduling policy.',
    );
  });

  it('keeps a pod waiting whose policy has rules of a later Shiplog', () => {
    const later = aPolicy('later', { filters: ['Luck'], scores: [{ name: 'Charm', weight: 1 }] });
    expect(sentence(decide(viewWith([later]), { policy: 'later' })[0])).toBe(
      '0/2 nodes are available: scheduling policy "later" names rules that are not known here: Luck, Charm.',
    );
  });
});

describe('a decision by a policy', () => {
  const pod = podFacts(aPod('p0', { ...ASKING, policy: 'packing' }));
  const recorded = recordOf(decide(viewWith([aPolicy('packing', PACKING, 3)]), { policy: 'packing' })[0]);
  const again = (...policies: StoredPolicy[]) => decideAgain(viewWith(policies).snapshot(), [], pod, recorded);

  it('says which version that was, and which content it had', () => {
    expect(recorded).toMatchObject({ policy: 'packing/3', policyBase: DEFAULT_POLICY });
    expect(recorded.policyHash).toMatch(/^[0-9a-f]{64}$/);
    expect(again(aPolicy('packing', structuredClone(PACKING), 3))).toEqual(recorded);
  });

  it.each<[string, StoredPolicy[], string]>([
    ['another version', [aPolicy('packing', PACKING, 4)], 'made by packing/3: the state has packing/4'],
    ['none', [], 'made by packing/3: the state has packing/0'],
    ['one with another content', [aPolicy('packing', {}, 3)], `made by packing/3 with the hash ${recorded.policyHash}`],
  ])('is not made again where the state has %s', (_, policies, message) => {
    expect(() => again(...policies)).toThrow(message);
  });

  it('is made again with the rules that the default had then, whatever the default is now', () => {
    const old = userPolicy(aPolicy('packing', PACKING), policyOf('default/1'));
    expect(old.filters).toBe(policyOf('default/1').filters);
    const byOld = { ...recorded, policyBase: 'default/1' };
    expect(again(aPolicy('packing', PACKING, 3))).not.toEqual(byOld);
    expect(decideAgain(viewWith([aPolicy('packing', PACKING, 3)]).snapshot(), [], pod, byOld)).toEqual(byOld);
  });

  it('is not mixed up with those of another object that had the name before', () => {
    const view = viewWith([aPolicy('packing', PACKING)]);
    expect(nodeOf(decide(view, { policy: 'packing' })[0])).toBe('half');
    view.setPolicy('packing', undefined);
    view.setPolicy('packing', aPolicy('packing', { scores: [{ name: 'NodeResourcesLeastAllocated', weight: 1 }] }));
    expect(nodeOf(decide(view, { policy: 'packing' })[0])).toBe('empty');
  });
});

describe('what a policy leaves out', () => {
  it('is as in the default; filters are asked in the order of all of them', () => {
    expect(userPolicy(aPolicy('x', {}), fallback)).toMatchObject({
      filters: fallback.filters,
      scores: fallback.scores,
    });
    const named = userPolicy(aPolicy('x', { filters: ['NodeResourcesFit', 'NodeName'] }), fallback);
    expect(named.filters.map(({ name }) => name)).toEqual(['NodeName', 'NodeResourcesFit']);
  });

  it('is off where other scores are named, or a weight is 0', () => {
    const scores = [{ name: 'SpreadByOwner', weight: 2 }, { name: 'PreferUntainted' }];
    expect(
      userPolicy(aPolicy('x', { scores }), fallback).scores.map(({ rule, weight }) => [rule.name, weight]),
    ).toEqual([['SpreadByOwner', 2]]);
  });
});

describe('the rules that a policy can name', () => {
  it('are all those that any version of the default has, each by its own name', () => {
    expect(KNOWN_FILTERS.map(({ name }) => name)).toEqual(FILTERS_IN_ORDER.map(({ name }) => name));
    expect(KNOWN_SCORES.map((name) => scoreNamed(name, {})?.name)).toEqual(KNOWN_SCORES);
    for (const { filters, scores } of POLICY_IDS.map(policyOf)) {
      expect(FILTERS_IN_ORDER).toEqual(expect.arrayContaining([...filters]));
      for (const { rule } of scores) expect(KNOWN_SCORES).toContain(rule.name);
    }
  });

  it('come in the order in which verdicts count: those of a node alone first', () => {
    const first = FILTERS_IN_ORDER.findIndex((filter) => !isOfNode(filter));
    expect(FILTERS_IN_ORDER.slice(first).some(isOfNode)).toBe(false);
  });
});

describe('a policy that looks at a part of the nodes', () => {
  const nodes = Array.from({ length: 300 }, (_, i) => aNode(`n${String(i).padStart(3, '0')}`));
  const decideBy = (percentageOfNodesToScore: number, seed: number) => {
    const view = viewOf(nodes, [], { policies: [aPolicy('part', { percentageOfNodesToScore })] });
    const pod = podFacts(aPod('p', { policy: 'part' }));
    const [verdict] = decideBatch(view.snapshot(), [pod], seed, fallback);
    expect(decideAgain(view.snapshot(), [], pod, recordOf(verdict))).toEqual(recordOf(verdict));
    return recordOf(verdict);
  };

  it('says of how many, no fewer than 100, and leaves none out for good', () => {
    expect(decideBy(50, 1).considered).toBe(150);
    expect(decideBy(5, 1).considered).toBe(100);
    expect(decideBy(100, 1)).not.toHaveProperty('considered');
    const winners = Array.from({ length: 60 }, (_, seed) => Number(decideBy(5, seed).winner?.slice(1)));
    for (const from of [0, 100, 200]) expect(winners.some((n) => n >= from && n < from + 100)).toBe(true);
  });
});
