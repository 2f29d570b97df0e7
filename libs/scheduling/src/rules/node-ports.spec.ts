import type { ContainerPort } from '@shiplog/contracts';
import { nodeWith, podWith, type PodTraits } from '../testing/builders';
import { nodePorts } from './node-ports';

const wants = (hostIP?: string, protocol?: string, hostPort = 80): PodTraits => {
  const port: ContainerPort = { containerPort: 8080, hostPort, hostIP, protocol };
  return { containers: [{ name: 'c', ports: [port] }] };
};
const passes = (pod: PodTraits, on: PodTraits[]) => nodePorts.check(podWith(pod))?.(nodeWith({}, on)) === undefined;

describe('NodePorts', () => {
  it('has nothing to say of a pod without host ports', () => {
    expect(nodePorts.check(podWith({ containers: [{ name: 'c', ports: [{ containerPort: 80 }] }] }))).toBeUndefined();
  });

  it('refuses a port that is taken, in the words of Kubernetes', () => {
    expect(nodePorts.check(podWith(wants()))?.(nodeWith({}, [wants()]))).toEqual([
      "node(s) didn't have free ports for the requested pod ports",
    ]);
  });

  it.each<[string, PodTraits, PodTraits, boolean]>([
    ['another port', wants(), wants('', 'TCP', 81), true],
    ['another protocol', wants('', 'UDP'), wants('', 'TCP'), true],
    ['another address', wants('10.0.0.1'), wants('10.0.0.2'), true],
    ['the same address', wants('10.0.0.1'), wants('10.0.0.1'), false],
    ['every address beside one', wants(), wants('10.0.0.1'), false],
    ['one address beside every', wants('10.0.0.1'), wants('0.0.0.0'), false],
    ['every address of IPv6', wants('::'), wants('10.0.0.1'), false],
  ])('%s', (_, pod, other, expected) => expect(passes(pod, [other])).toBe(expected));

  it('gives a port free when the pod goes', () => {
    const node = nodeWith({}, [wants()]);
    node.remove(podWith(wants()));
    expect(nodePorts.check(podWith(wants()))?.(node)).toBeUndefined();
  });
});
