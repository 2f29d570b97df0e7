import { admissionRefusal } from './admission';
import { aPod, nodeWith, type NodeTraits, type PodTraits } from './testing/builders';

const verdict = (pod: PodTraits, node: NodeTraits = {}, on: PodTraits[] = []) =>
  admissionRefusal(aPod('new', pod), nodeWith(node, on));
const web = (hostPort: number, hostIP?: string): PodTraits => ({
  containers: [{ name: 'web', image: 'web', ports: [{ containerPort: 80, hostPort, hostIP }] }],
});

describe('the admission of a bound pod', () => {
  it.each<[string, PodTraits, NodeTraits, PodTraits[], string, string]>([
    [
      'cpu',
      { requests: { cpu: '2' } },
      { allocatable: { cpu: '4' } },
      [{ requests: { cpu: '2500m' } }],
      'OutOfcpu',
      "Node didn't have enough resource: cpu, requested: 2000, used: 2500, capacity: 4000",
    ],
    [
      'memory, after cpu',
      { requests: { memory: '2Gi', cpu: '1' } },
      { allocatable: { memory: '1Gi', cpu: '4' } },
      [],
      'OutOfmemory',
      "Node didn't have enough resource: memory, requested: 2147483648, used: 0, capacity: 1073741824",
    ],
    [
      'room for one more pod, before all else',
      { requests: { cpu: '100' } },
      { allocatable: { pods: '1' } },
      [{}],
      'OutOfpods',
      "Node didn't have enough resource: pods, requested: 1, used: 1, capacity: 1",
    ],
    [
      'a label',
      { nodeSelector: { disk: 'ssd' } },
      {},
      [],
      'NodeAffinity',
      "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    ],
    [
      'a free port',
      web(80),
      {},
      [web(80, '192.0.2.1')],
      'NodePorts',
      "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
    ],
    [
      'a toleration of what ends pods',
      {},
      { taints: [{ key: 'gone', effect: 'NoExecute' }] },
      [],
      'TaintToleration',
      "Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate",
    ],
  ])('misses %s', (_, pod, node, on, reason, message) => {
    expect(verdict(pod, node, on)).toMatchObject({ reason, message });
  });

  it('tells how much is missing where that is all', () => {
    const asked = { requests: { cpu: '2', memory: '2Gi' }, nodeSelector: { disk: 'ssd' } };
    const node = { allocatable: { cpu: '2', memory: '1Gi', pods: '1' } };
    const missing = new Map([
      ['pods', 1],
      ['cpu', 500],
      ['memory', 2 ** 30],
    ]);
    const on = [{ requests: { cpu: '500m' } }];
    expect(verdict({ requests: asked.requests }, node, on)?.missing).toEqual(missing);
    expect(verdict(asked, node, on)?.missing).toBeUndefined();
    expect(verdict(asked, { labels: { disk: 'ssd' } })?.missing).toBeUndefined();
  });

  it('takes what fits exactly', () => {
    expect(verdict({ requests: { cpu: '2' } }, { allocatable: { cpu: '4' } }, [{ requests: { cpu: '2' } }])).toBe(
      undefined,
    );
    expect(verdict(web(80, '192.0.2.2'), {}, [web(80, '192.0.2.1')])).toBeUndefined();
  });

  it('leaves NoSchedule and a cordon to the scheduler', () => {
    expect(verdict({}, { taints: [{ key: 'gone', effect: 'NoSchedule' }], unschedulable: true })).toBeUndefined();
  });

  it('does not ask for extended resources that the node knows nothing of', () => {
    const pod = { requests: { 'example.com/licence': '1' } };
    expect(verdict(pod)).toBeUndefined();
    expect(verdict(pod, { allocatable: { 'example.com/licence': '1' } }, [pod])?.reason).toBe(
      'OutOfexample.com/licence',
    );
  });
});
