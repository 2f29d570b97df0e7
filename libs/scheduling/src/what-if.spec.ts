import type { StoredPod } from '@shiplog/kube';
import { policyOf } from './policy';
import { aNode, aPod, viewOf } from './testing/builders';
import { capacityFor, withoutNodes } from './what-if';

const options = { policy: policyOf('default/2'), seed: 1 };

function end<T>(work: Generator<void, T>): T {
  for (let step = work.next(); ; step = work.next()) if (step.done === true) return step.value;
}

describe('how many more of a pod fit', () => {
  const nodes = ['a', 'b'].map((name) => aNode(name, { allocatable: { cpu: '4' } }));
  const asks = aPod('p', { requests: { cpu: '1500m' } });

  it('is counted by all rules, beside what is there, and says why it is not one more', () => {
    const view = viewOf(nodes, [aPod('there', { nodeName: 'a', requests: { cpu: '2' } })]);
    expect(end(capacityFor(view.snapshot(), asks, 100, options))).toEqual({
      fits: 3,
      more: false,
      byNode: { a: 1, b: 2 },
      sentence: '0/2 nodes are available: 2 Insufficient cpu.',
    });
    expect(view.node('b')?.podCount).toBe(0);
  });

  it('is so many at least, where that is all that was asked', () => {
    expect(end(capacityFor(viewOf(nodes).snapshot(), asks, 2, options))).toMatchObject({ fits: 2, more: true });
  });

  it('leaves the view as it was also when nobody asks it to the end', () => {
    const view = viewOf([aNode('a', { allocatable: { pods: '1000', cpu: '1000' } })]);
    const work = capacityFor(view.snapshot(), aPod('p', {}), 1_000, options);
    work.next();
    expect(view.node('a')?.podCount).toBeGreaterThan(0);
    work.return({ fits: 0, more: false, byNode: {} });
    expect(view.node('a')?.podCount).toBe(0);
  });
});

describe('what becomes of pods when nodes leave', () => {
  const outcomes = (pods: StoredPod[], leaving: string[]) => {
    const view = viewOf([aNode('a'), aNode('b', { allocatable: { cpu: '2' } })], pods);
    const placements = end(withoutNodes(view, new Set(leaving), pods, options));
    return placements.map(({ pod, verdict }) => [
      pod.metadata.name,
      verdict.outcome === 'fits' ? verdict.node : verdict.outcome,
    ]);
  };

  it('is told of each: the more urgent have the room that is left', () => {
    const pods = [
      aPod('low', { nodeName: 'a', requests: { cpu: '1500m' } }),
      aPod('high', { nodeName: 'a', requests: { cpu: '1500m' }, priority: 10 }),
      aPod('there', { nodeName: 'b' }),
    ];
    expect(outcomes(pods, ['a'])).toEqual([
      ['high', 'b'],
      ['low', 'fits nowhere'],
    ]);
  });

  it('is nothing to those that are of the node, or have ended', () => {
    const daemon = aPod('daemon', { nodeName: 'a', owner: 'agent' });
    daemon.metadata.ownerReferences![0]!.kind = 'DaemonSet';
    expect(outcomes([daemon, aPod('ended', { nodeName: 'a', phase: 'Succeeded' })], ['a'])).toEqual([]);
  });
});
