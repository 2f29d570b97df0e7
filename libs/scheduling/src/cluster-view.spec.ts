import type { PodStatus } from '@shiplog/contracts';
import type { StoredPod } from '@shiplog/kube';
import { ClusterView } from './cluster-view';
import { podFacts } from './facts/pod-facts';
import { isEndingFor } from './preemption/eligibility';
import { aNode, aPod } from './testing/builders';

/** A view of one node that was told of a pod as it was, and then of what its status came to. */
function viewAfter(pod: StoredPod, status: PodStatus): ClusterView {
  const view = new ClusterView();
  view.setNode(aNode('a'));
  view.setPod(pod);
  view.setPod({ ...pod, status: { ...pod.status, ...status } });
  return view;
}

describe('a change of nothing but a pod’s status', () => {
  it('counts when its node has given or taken what the pod was resized to', () => {
    const resized = aPod('p', { nodeName: 'a', requests: { cpu: '1' } });
    const given = (cpu: string): PodStatus => ({
      containerStatuses: [
        { name: 'c', image: 'i', imageID: '', ready: true, restartCount: 0, resources: { requests: { cpu } } },
      ],
    });
    const before = { ...resized, status: { ...resized.status, ...given('3') } };
    expect(viewAfter(resized, {}).node('a')?.requested.get('cpu')).toBe(1_000);
    expect(viewAfter(before, {}).node('a')?.requested.get('cpu')).toBe(3_000);
    expect(viewAfter(before, given('1')).node('a')?.requested.get('cpu')).toBe(1_000);
  });

  it('counts when a pod that ends anyway does so for another: that one waits for it', () => {
    const ends = aPod('victim', { nodeName: 'a', priority: 1, deleting: true });
    const { conditions } = aPod('victim', { preempted: true }).status ?? {};
    const preemptor = podFacts(aPod('urgent', { priority: 5, nominated: 'a' }));
    const isEndingIn = (view: ClusterView) => isEndingFor(preemptor, view.snapshot().nodes);
    expect(isEndingIn(viewAfter(ends, {}))).toBe(false);
    expect(isEndingIn(viewAfter(ends, { conditions: conditions ?? [] }))).toBe(true);
  });
});
