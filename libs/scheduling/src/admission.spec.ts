import type { PodCondition } from '@shiplog/contracts';
import { admissionRefusal, resizeRefusal } from './admission';
import { podFacts } from './facts/pod-facts';
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

describe('the resize of a pod', () => {
  const asks = (cpu: string, on: PodTraits[] = []) =>
    resizeRefusal(aPod('new', { requests: { cpu } }), nodeWith({ allocatable: { cpu: '4' } }, on));

  it('goes on where its node has room beside the others', () => {
    expect(asks('2', [{ requests: { cpu: '2' } }])).toBeUndefined();
  });

  it('waits while others have the room, and never comes to what the node does not have', () => {
    expect(asks('2', [{ requests: { cpu: '2500m' } }])).toEqual({
      reason: 'Deferred',
      message: "Node didn't have enough resource: cpu, requested: 2000, used: 2500, capacity: 4000",
    });
    expect(asks('5')).toEqual({
      reason: 'Infeasible',
      message: "Node didn't have enough capacity: cpu, requested: 5000, capacity: 4000",
    });
  });

  it('does not come to be possible by being refused', () => {
    const pod = aPod('new', { requests: { cpu: '5' } });
    const conditions: PodCondition[] = [{ type: 'PodResizePending', status: 'True', reason: 'Infeasible' }];
    const status = {
      name: 'c',
      image: '',
      imageID: '',
      ready: true,
      restartCount: 0,
      resources: { requests: { cpu: '1' } },
    };
    const told = { ...pod, status: { ...pod.status, conditions, containerStatuses: [status] } };
    expect(resizeRefusal(told, nodeWith({ allocatable: { cpu: '4' } }, []))?.reason).toBe('Infeasible');
  });

  it.each<[string, string, string | undefined, number]>([
    ['what it asks for, when that is more', '3', undefined, 3_000],
    ['what it has, until that is taken from it', '1', undefined, 2_000],
    ['what it asks for while it waits', '3', 'Deferred', 3_000],
    ['what it has, when it will never have more', '9', 'Infeasible', 2_000],
  ])('takes of its node %s', (_, cpu, reason, expected) => {
    const pod = aPod('resized', { requests: { cpu } });
    const conditions: PodCondition[] =
      reason === undefined ? [] : [{ type: 'PodResizePending', status: 'True', reason }];
    const has = { requests: { cpu: '2' } };
    const status = {
      name: 'c',
      image: '',
      imageID: '',
      ready: true,
      restartCount: 0,
      resources: has,
      allocatedResources: has.requests,
    };
    const facts = podFacts({ ...pod, status: { ...pod.status, conditions, containerStatuses: [status] } });
    expect(facts.requests.get('cpu')).toBe(expected);
  });
});
