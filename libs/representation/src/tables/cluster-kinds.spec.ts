import type { BuiltIn, StoredObject } from '@shiplog/contracts';
import { versioned } from '../../../apimachinery/src/testing/objects';
import type { Cell } from './column';
import { tableOf } from './table';

const options = { now: Date.parse('2026-01-01T01:00:00Z'), includeObject: 'None', metadata: {} } as const;

function object(fields: object, metadata: object = {}): StoredObject {
  const meta = { name: 'x', uid: 'u', resourceVersion: '7', creationTimestamp: '2026-01-01T00:00:00Z', ...metadata };
  return { apiVersion: 'v1', kind: 'K', ...fields, metadata: meta };
}

const rules = (...hosts: string[]) => hosts.map((host) => (host === '' ? {} : { host }));
const deleted = { deletionTimestamp: '2026-01-01T00:30:00Z' };

describe('the kinds of storage, routing and limits', () => {
  it.each<[BuiltIn, StoredObject, Cell[]]>([
    [
      'persistentvolumes',
      object({
        spec: {
          capacity: { storage: '1Gi' },
          accessModes: ['ReadOnlyMany', 'ReadWriteOnce', 'ReadOnlyMany'],
          persistentVolumeReclaimPolicy: 'Retain',
          claimRef: { namespace: 'n', name: 'c' },
          storageClassName: 'fast',
          volumeMode: 'Filesystem',
        },
        status: { phase: 'Bound' },
      }),
      ['x', '1Gi', 'RWO,ROX', 'Retain', 'Bound', 'n/c', 'fast', '<unset>', '', '60m', 'Filesystem'],
    ],
    [
      'persistentvolumes',
      object({}, deleted),
      ['x', '0', '', '', 'Terminating', '', '', '<unset>', '', '60m', '<unset>'],
    ],
    [
      'persistentvolumeclaims',
      object({
        spec: { volumeName: 'v', storageClassName: 'fast', volumeMode: 'Block', volumeAttributesClassName: 'gold' },
        status: { phase: 'Bound', capacity: { storage: '2Gi' }, accessModes: ['ReadWriteMany', 'ReadWriteOncePod'] },
      }),
      ['x', 'Bound', 'v', '2Gi', 'RWX,RWOP', 'fast', 'gold', '60m', 'Block'],
    ],
    [
      'persistentvolumeclaims',
      object({ status: { phase: 'Pending', capacity: { storage: '2Gi' } } }),
      ['x', 'Pending', '', '', '', '', '<unset>', '60m', '<unset>'],
    ],
    [
      'storageclasses.storage.k8s.io',
      object({ provisioner: 'p' }, { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } }),
      ['x (default)', 'p', 'Delete', 'Immediate', false, '60m'],
    ],
    ['volumeattributesclasses.storage.k8s.io', object({ driverName: 'd' }), ['x', 'd', '60m']],
    [
      'csidrivers.storage.k8s.io',
      object({ spec: { attachRequired: true, volumeLifecycleModes: ['Persistent', 'Ephemeral'] } }),
      ['x', true, false, false, '<unset>', false, 'Persistent,Ephemeral', '60m'],
    ],
    [
      'csidrivers.storage.k8s.io',
      object({ spec: { tokenRequests: [{ audience: 'a' }, { audience: 'b' }] } }),
      ['x', true, false, false, 'a,b', false, '<none>', '60m'],
    ],
    ['csinodes.storage.k8s.io', object({ spec: { drivers: [{ name: 'd', nodeID: 'n' }] } }), ['x', 1, '60m']],
    ['csistoragecapacities.storage.k8s.io', object({ storageClassName: 'fast' }), ['x', 'fast', '<unset>']],
    [
      'volumeattachments.storage.k8s.io',
      object({
        spec: { attacher: 'a', nodeName: 'n', source: { persistentVolumeName: 'v' } },
        status: { attached: true },
      }),
      ['x', 'a', 'v', 'n', true, '60m'],
    ],
    ['limitranges', object({}), ['x', '2026-01-01T00:00:00Z']],
    [
      'resourcequotas',
      object({
        status: { hard: { pods: '10', 'limits.cpu': '4', cpu: '2' }, used: { pods: '3', 'limits.cpu': '1' } },
      }),
      ['x', 'cpu: 0/2, pods: 3/10', 'limits.cpu: 1/4', '60m'],
    ],
    [
      'priorityclasses.scheduling.k8s.io',
      object({ value: 1000, preemptionPolicy: 'Never' }),
      ['x', 1000, false, '60m', 'Never'],
    ],
    [
      'schedulingpolicies.scheduling.shiplog.dev',
      object(
        {
          spec: {
            scores: [
              { name: 'NodeResourcesMostAllocated', weight: 5 },
              { name: 'SpreadByOwner', weight: 0 },
            ],
          },
        },
        { generation: 3 },
      ),
      ['x', 3, 'NodeResourcesMostAllocated=5', '60m'],
    ],
    ['schedulingpolicies.scheduling.shiplog.dev', object({}), ['x', 1, '<default>', '60m']],
    ['runtimeclasses.node.k8s.io', object({ handler: 'kata' }), ['x', 'kata', '60m']],
    [
      'ingresses.networking.k8s.io',
      object({
        spec: { ingressClassName: 'nginx', rules: rules('a', 'b', 'c', ''), tls: [{}] },
        status: { loadBalancer: { ingress: [{ ip: '2.2.2.2' }, { hostname: '1.example' }, { ip: '2.2.2.2' }] } },
      }),
      ['x', 'nginx', 'a,b,c + 1 more...', '1.example,2.2.2.2', '80, 443', '60m'],
    ],
    ['ingresses.networking.k8s.io', object({ spec: { rules: rules('') } }), ['x', '<none>', '*', '', '80', '60m']],
    [
      'ingressclasses.networking.k8s.io',
      object({ spec: { controller: 'a.b/c', parameters: { kind: 'P', name: 'p', apiGroup: 'example.com' } } }),
      ['x', 'a.b/c', 'P.example.com/p', '60m'],
    ],
    ['ingressclasses.networking.k8s.io', object({ spec: { controller: 'a.b/c' } }), ['x', 'a.b/c', '<none>', '60m']],
    ['networkpolicies.networking.k8s.io', object({ spec: { podSelector: {} } }), ['x', '<none>', '60m']],
    [
      'networkpolicies.networking.k8s.io',
      object({
        spec: {
          podSelector: {
            matchLabels: { b: 'c' },
            matchExpressions: [
              { key: 'd', operator: 'NotIn', values: ['2', '1'] },
              { key: 'a', operator: 'Exists' },
              { key: 'e', operator: 'DoesNotExist' },
            ],
          },
        },
      }),
      ['x', 'a,b=c,d notin (1,2),!e', '60m'],
    ],
    [
      'ipaddresses.networking.k8s.io',
      object({ spec: { parentRef: { resource: 'services', namespace: 'n', name: 's' } } }),
      ['x', 'services/n/s'],
    ],
    [
      'servicecidrs.networking.k8s.io',
      object({ spec: { cidrs: ['10.0.0.0/8', 'fd00::/64'] } }),
      ['x', '10.0.0.0/8,fd00::/64', '60m'],
    ],
  ])('show %s as kubectl does on Kubernetes', (resource, given, cells) => {
    const table = tableOf(versioned(resource), [given], options);
    expect(table.rows[0]?.cells).toEqual(cells);
    expect(table.columnDefinitions).toHaveLength(cells.length);
  });
});
