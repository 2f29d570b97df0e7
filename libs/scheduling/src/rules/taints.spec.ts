import type { Taint, Toleration } from '@shiplog/contracts';
import { nodeWith, podWith } from '../testing/builders';
import { nodeUnschedulable, preferUntainted, taintToleration } from './taints';

const gpu: Taint = { key: 'gpu', value: 'yes', effect: 'NoSchedule' };
const verdict = (taints: Taint[], tolerations?: Toleration[]) =>
  taintToleration.check(podWith({ tolerations }))?.(nodeWith({ taints }));

describe('TaintToleration', () => {
  it('passes a node without taints', () => expect(verdict([])).toBeUndefined());

  it('names the first taint that is not tolerated', () => {
    expect(verdict([gpu])).toEqual(['node(s) had untolerated taint {gpu: yes}']);
    expect(verdict([{ key: 'lost', effect: 'NoExecute' }])).toEqual(['node(s) had untolerated taint {lost: }']);
  });

  it('leaves PreferNoSchedule to the score', () => {
    expect(verdict([{ ...gpu, effect: 'PreferNoSchedule' }])).toBeUndefined();
  });

  it.each<[string, Toleration]>([
    ['key, value and effect', { key: 'gpu', operator: 'Equal', value: 'yes', effect: 'NoSchedule' }],
    ['key and value, without an operator', { key: 'gpu', value: 'yes' }],
    ['the key, whatever its value', { key: 'gpu', operator: 'Exists' }],
    ['everything', { operator: 'Exists' }],
  ])('passes a pod that tolerates %s', (_, toleration) => expect(verdict([gpu], [toleration])).toBeUndefined());

  it.each<[string, Toleration]>([
    ['another value', { key: 'gpu', value: 'no' }],
    ['another effect', { key: 'gpu', operator: 'Exists', effect: 'NoExecute' }],
    ['another key', { key: 'cpu', operator: 'Exists' }],
  ])('refuses a pod that tolerates only %s', (_, toleration) => expect(verdict([gpu], [toleration])).toBeDefined());
});

const taints = [
  { key: 'slow', effect: 'PreferNoSchedule' },
  { key: 'old', effect: 'PreferNoSchedule' },
  { key: 'gpu', effect: 'NoSchedule' },
];

describe('PreferUntainted', () => {
  it('counts the PreferNoSchedule taints that are not tolerated', () => {
    expect(preferUntainted.rate(podWith())?.(nodeWith({ taints }))).toBe(2);
    const tolerations = [{ key: 'slow', operator: 'Exists' }];
    expect(preferUntainted.rate(podWith({ tolerations }))?.(nodeWith({ taints }))).toBe(1);
  });
});

describe('NodeUnschedulable', () => {
  it('refuses a cordoned node and passes any other', () => {
    const check = nodeUnschedulable.check(podWith());
    expect(check?.(nodeWith({ unschedulable: true }))).toEqual(['node(s) were unschedulable']);
    expect(check?.(nodeWith())).toBeUndefined();
  });
  it('lets pods through that tolerate the taint of cordoned nodes', () => {
    const tolerations = [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' }];
    expect(nodeUnschedulable.check(podWith({ tolerations }))).toBeUndefined();
  });
});
