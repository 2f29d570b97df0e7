import type { NodeSelectorRequirement, NodeSelectorTerm } from '@shiplog/contracts';
import { nodeWith, podWith, type PodTraits } from '../testing/builders';
import { nodeAffinity, preferredNodeAffinity } from './node-affinity';

const node = nodeWith({ labels: { zone: 'a', cores: '16' } }, [], 'node-1');
const passes = (traits: PodTraits) => nodeAffinity.check(podWith(traits))?.(node) === undefined;
const passesTerms = (nodeSelectorTerms: NodeSelectorTerm[]) =>
  passes({ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } } });
const passesLabel = (...matchExpressions: NodeSelectorRequirement[]) => passesTerms([{ matchExpressions }]);

describe('NodeAffinity', () => {
  it('has nothing to say of a pod that asks for no labels', () => {
    expect(nodeAffinity.check(podWith())).toBeUndefined();
  });

  it('asks for all labels of the nodeSelector', () => {
    expect(passes({ nodeSelector: { zone: 'a', cores: '16' } })).toBe(true);
    expect(passes({ nodeSelector: { zone: 'a', disk: 'ssd' } })).toBe(false);
  });

  it("refuses in Kubernetes' words", () => {
    expect(nodeAffinity.check(podWith({ nodeSelector: { zone: 'b' } }))?.(node)).toEqual([
      "node(s) didn't match Pod's node affinity/selector",
    ]);
  });

  it.each<[NodeSelectorRequirement, boolean]>([
    [{ key: 'zone', operator: 'In', values: ['b', 'a'] }, true],
    [{ key: 'zone', operator: 'In', values: ['b'] }, false],
    [{ key: 'disk', operator: 'In', values: ['ssd'] }, false],
    [{ key: 'zone', operator: 'NotIn', values: ['a'] }, false],
    [{ key: 'disk', operator: 'NotIn', values: ['ssd'] }, true],
    [{ key: 'zone', operator: 'Exists' }, true],
    [{ key: 'disk', operator: 'Exists' }, false],
    [{ key: 'zone', operator: 'DoesNotExist' }, false],
    [{ key: 'disk', operator: 'DoesNotExist' }, true],
    [{ key: 'cores', operator: 'Gt', values: ['8'] }, true],
    [{ key: 'cores', operator: 'Gt', values: ['16'] }, false],
    [{ key: 'cores', operator: 'Lt', values: ['17'] }, true],
    [{ key: 'cores', operator: 'Lt', values: ['many'] }, false],
    [{ key: 'zone', operator: 'Gt', values: ['1'] }, false],
    [{ key: 'zone', operator: 'Near', values: ['a'] }, false],
    [{ key: 'constructor', operator: 'Exists' }, false],
  ])('answers %j with %s', (requirement, expected) => expect(passesLabel(requirement)).toBe(expected));

  it('asks for all requirements of one term, and for one term only', () => {
    const zoneA: NodeSelectorRequirement = { key: 'zone', operator: 'In', values: ['a'] };
    const fast: NodeSelectorRequirement = { key: 'disk', operator: 'Exists' };
    expect(passesLabel(zoneA, fast)).toBe(false);
    expect(passesTerms([{ matchExpressions: [fast] }, { matchExpressions: [zoneA] }])).toBe(true);
  });

  it('matches no node by an empty term or by no terms', () => {
    expect(passesTerms([{}])).toBe(false);
    expect(passesTerms([])).toBe(false);
  });

  it('matches the name by field', () => {
    const named = (operator: string) => [{ key: 'metadata.name', operator, values: ['node-1'] }];
    expect(passesTerms([{ matchFields: named('In') }])).toBe(true);
    expect(passesTerms([{ matchFields: named('NotIn') }])).toBe(false);
  });

  it('asks for nodeSelector and affinity together', () => {
    const affinity = {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'Exists' }] }],
        },
      },
    };
    expect(passes({ nodeSelector: { zone: 'a' }, affinity })).toBe(true);
    expect(passes({ nodeSelector: { zone: 'b' }, affinity })).toBe(false);
  });
});

const prefers = (weight: number, key: string) => ({
  weight,
  preference: { matchExpressions: [{ key, operator: 'Exists' }] },
});

describe('PreferredNodeAffinity', () => {
  it('adds up the weights of the terms that match', () => {
    const preferredDuringSchedulingIgnoredDuringExecution = [prefers(10, 'ssd'), prefers(5, 'zone'), prefers(1, 'gpu')];
    const pod = podWith({ affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution } } });
    expect(preferredNodeAffinity.rate(pod)?.(nodeWith({ labels: { ssd: '', gpu: '' } }))).toBe(11);
  });
  it('has nothing to say of a pod that prefers nothing', () => {
    expect(preferredNodeAffinity.rate(podWith())).toBeUndefined();
  });
});
