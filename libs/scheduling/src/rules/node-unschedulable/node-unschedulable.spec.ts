import { nodeWith, podWith } from '../../testing/builders';
import { nodeUnschedulable } from './node-unschedulable';

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
