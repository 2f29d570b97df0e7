import type { PodSpec, Toleration } from '@shiplog/contracts';
import { controllerOf, hostPortsOf, publishedPortsOf, tolerated, tolerates } from '.';

describe('ports of the node', () => {
  const spec: PodSpec = {
    containers: [
      {
        name: 'a',
        ports: [{ containerPort: 80, hostPort: 8080 }, { containerPort: 81 }, { containerPort: 82, hostPort: 0 }],
      },
      { name: 'b', ports: [{ containerPort: 53, hostPort: 53, protocol: 'UDP', hostIP: '1.2.3.4' }] },
      { name: 'c', ports: [{ containerPort: 9, hostPort: 9, protocol: 'SCTP' }] },
    ],
    initContainers: [
      { name: 'sidecar', restartPolicy: 'Always', ports: [{ containerPort: 90, hostPort: 9090 }] },
      { name: 'once', ports: [{ containerPort: 91, hostPort: 9091 }] },
    ],
  };

  it('are asked for by containers and sidecars', () => {
    expect(hostPortsOf(spec).map(({ hostPort }) => hostPort)).toEqual([8080, 53, 9, 9090]);
    expect(hostPortsOf(undefined)).toEqual([]);
  });

  it('are led into the pod by every protocol, but for pods in the node’s own network', () => {
    expect(publishedPortsOf(spec)).toEqual([
      { hostPort: 8080, containerPort: 80, protocol: 'TCP' },
      { hostPort: 53, containerPort: 53, protocol: 'UDP', hostIP: '1.2.3.4' },
      { hostPort: 9, containerPort: 9, protocol: 'SCTP' },
      { hostPort: 9090, containerPort: 90, protocol: 'TCP' },
    ]);
    expect(publishedPortsOf({ ...spec, hostNetwork: true })).toEqual([]);
  });
});

describe('tolerations', () => {
  const taint = { key: 'k', value: 'v', effect: 'NoExecute' };
  it.each<[Toleration, boolean]>([
    [{ operator: 'Exists' }, true],
    [{ key: 'k', operator: 'Exists', effect: 'NoExecute' }, true],
    [{ key: 'k', operator: 'Equal', value: 'v' }, true],
    [{ key: 'k', value: 'v' }, true],
    [{ key: 'k', value: 'other' }, false],
    [{ key: 'k' }, false],
    [{ key: 'other', operator: 'Exists' }, false],
    [{ key: 'k', operator: 'Exists', effect: 'NoSchedule' }, false],
    [{ operator: 'Equal', value: 'v' }, true],
    [{ key: 'k', operator: 'Lt', value: 'v' }, false],
  ])('are read as Kubernetes reads them: %j', (toleration, expected) => {
    expect(tolerates(toleration, taint)).toBe(expected);
    expect(tolerated([{ key: 'none' }, toleration], taint)).toBe(expected);
  });

  it('are none without any', () => {
    expect(tolerated(undefined, taint)).toBe(false);
  });
});

describe('the owner that manages an object', () => {
  it('is the one that says so', () => {
    const reference = { apiVersion: 'v1', kind: 'ReplicationController', name: 'a', uid: '1' };
    const owned = { metadata: { ownerReferences: [reference, { ...reference, uid: '2', controller: true }] } };
    expect(controllerOf(owned)?.uid).toBe('2');
    expect(controllerOf({ metadata: { ownerReferences: [reference] } })).toBeUndefined();
    expect(controllerOf(undefined)).toBeUndefined();
  });
});
