import { momentOf } from '../../runtime/domain/controller';
import { EPOCH, node, pod } from '../../testing/objects';
import { decidePodGc, type PodGcView } from './decide';

const removed = (given: Partial<PodGcView>) =>
  decidePodGc({
    nodes: new Map([['n1', node('n1', {}, 'True')]]),
    pods: [],
    missingSinceMs: () => EPOCH,
    quarantineMs: 40_000,
    endedPodsKept: 100,
    now: momentOf(EPOCH + 60_000),
    ...given,
  }).commands.map(({ data }) => data as { name: string; gracePeriodSeconds?: number });

describe('pods that nobody else removes', () => {
  it('are those of a node that has been gone for a while: at once, as no kubelet will answer', () => {
    const pods = [pod('here', { node: 'n1' }), pod('lost', { node: 'n2' }), pod('unbound')];
    expect(removed({ pods })).toMatchObject([{ name: 'lost', gracePeriodSeconds: 0 }]);
    expect(removed({ pods, missingSinceMs: () => EPOCH + 30_000 })).toEqual([]);
  });

  it('are those that are leaving a node declared out of service', () => {
    const taints = [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }];
    const pods = [pod('leaving', { node: 'n1', deleting: true }), pod('running', { node: 'n1' })];
    const nodes = (ready: 'True' | 'Unknown', spec = {}) => new Map([['n1', node('n1', spec, ready)]]);
    expect(removed({ pods, nodes: nodes('Unknown') })).toEqual([]);
    expect(removed({ pods, nodes: nodes('True', { taints }) })).toEqual([]);
    expect(removed({ pods, nodes: nodes('Unknown', { taints }) }).map(({ name }) => name)).toEqual(['leaving']);
  });

  it('are the oldest of too many that have ended', () => {
    const pods = [5, 1, 3].map((created) => pod(`ended-${created}`, { node: 'n1', phase: 'Failed', created }));
    expect(removed({ pods, endedPodsKept: 1 }).map(({ name }) => name)).toEqual(['ended-1', 'ended-3']);
  });
});
