import type { BuiltIn, PrinterColumn, ResourceRow, StoredObject } from '@shiplog/contracts';
import { asStored, type VersionedResource } from '@shiplog/apimachinery';
import { versioned } from '../../../apimachinery/src/testing/objects';
import { tableOf } from './table';

const NOW = Date.parse('2026-01-01T01:00:00Z');

function object(fields: Record<string, unknown>, metadata: Record<string, unknown> = {}): StoredObject {
  const meta = { name: 'x', uid: 'u', resourceVersion: '7', creationTimestamp: '2026-01-01T00:00:00Z', ...metadata };
  return { apiVersion: 'v1', kind: 'K', ...fields, metadata: meta };
}

const container = { name: 'web', image: 'nginx', ready: true, restartCount: 0, imageID: '' };

/** What `kubectl get -o wide` shows of one object of each kind. */
const CASES: Partial<Record<BuiltIn, [StoredObject, (string | number)[]]>> = {
  namespaces: [object({ status: { phase: 'Active' } }), ['x', 'Active', '60m']],
  nodes: [
    object(
      {
        spec: { unschedulable: true },
        status: {
          conditions: [{ type: 'Ready', status: 'True' }],
          addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
          nodeInfo: {
            kubeletVersion: 'v1',
            osImage: 'Debian',
            kernelVersion: '6',
            containerRuntimeVersion: 'docker://20',
          },
        },
      },
      { labels: { 'node-role.kubernetes.io/minion': '' } },
    ),
    ['x', 'Ready,SchedulingDisabled', 'minion', '60m', 'v1', '10.0.0.1', '<none>', 'Debian', '6', 'docker://20'],
  ],
  pods: [
    object({
      spec: { containers: [{ name: 'web' }], nodeName: 'n1' },
      status: {
        phase: 'Running',
        podIP: '10.244.0.2',
        containerStatuses: [
          {
            ...container,
            restartCount: 2,
            state: { running: {} },
            lastState: { terminated: { exitCode: 1, finishedAt: '2026-01-01T00:55:00Z' } },
          },
        ],
      },
    }),
    ['x', '1/1', 'Running', '2 (5m ago)', '60m', '10.244.0.2', 'n1', '<none>', '<none>'],
  ],
  replicationcontrollers: [
    object({
      spec: { replicas: 3, selector: { b: '2', a: '1' }, template: { spec: { containers: [container] } } },
      status: { replicas: 2, readyReplicas: 1 },
    }),
    ['x', 3, 2, 1, '60m', 'web', 'nginx', 'a=1,b=2'],
  ],
  services: [
    object({
      spec: {
        type: 'NodePort',
        clusterIP: '10.96.0.9',
        ports: [
          { port: 80, nodePort: 30080 },
          { port: 53, protocol: 'UDP' },
        ],
      },
    }),
    ['x', 'NodePort', '10.96.0.9', '<none>', '80:30080/TCP,53/UDP', '60m', '<none>'],
  ],
  endpoints: [
    object({
      subsets: [{ addresses: ['1', '2', '3', '4', '5'].map((n) => ({ ip: `10.0.0.${n}` })), ports: [{ port: 80 }] }],
    }),
    ['x', '10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 2 more...', '60m'],
  ],
  configmaps: [object({ data: { a: '1' }, binaryData: { b: '' } }), ['x', 2, '60m']],
  secrets: [object({ type: 'Opaque', data: { a: '' } }), ['x', 'Opaque', 1, '60m']],
  serviceaccounts: [object({}), ['x', 0, '60m']],
  events: [
    object({
      involvedObject: { kind: 'Pod', name: 'p', fieldPath: 'spec.containers{web}' },
      reason: 'Started',
      message: 'Started container web\n',
      type: 'Normal',
      source: { component: 'kubelet', host: 'n1' },
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:59:50Z',
      count: 3,
    }),
    [
      '10s',
      'Normal',
      'Started',
      'pod/p',
      'spec.containers{web}',
      'kubelet, n1',
      'Started container web',
      '60m',
      3,
      'x',
    ],
  ],
  'endpointslices.discovery.k8s.io': [
    object({ addressType: 'IPv4', ports: [{ port: 80 }], endpoints: [{ addresses: ['10.0.0.1'] }] }),
    ['x', 'IPv4', '80', '10.0.0.1', '60m'],
  ],
  'leases.coordination.k8s.io': [object({ spec: { holderIdentity: 'n1' } }), ['x', 'n1', '60m']],
};

const THINGS: ResourceRow = {
  id: 'things.example.com',
  group: 'example.com',
  plural: 'things',
  kind: 'Thing',
  namespaced: true,
  versions: [{ group: 'example.com', version: 'v1', served: true, schema: 'a built-in one', subresources: [] }],
};
const custom = (columns?: PrinterColumn[]): VersionedResource => ({
  row: THINGS,
  version: { ...THINGS.versions[0], schema: { type: 'object' }, ...(columns === undefined ? {} : { columns }) },
});

describe('tableOf', () => {
  const options = { now: NOW, includeObject: 'None', metadata: {} } as const;

  it.each(Object.entries(CASES) as [BuiltIn, [StoredObject, unknown[]]][])(
    'shows %s as kubectl does on Kubernetes',
    (resource, [given, cells]) => {
      const table = tableOf(versioned(resource), [given], options);
      expect(table.rows[0]?.cells).toEqual(cells);
      expect(table.columnDefinitions).toHaveLength(cells.length);
    },
  );

  it('shows what has no columns of its own with its name and when it was made', () => {
    const { columnDefinitions, rows } = tableOf(asStored(THINGS), [object({})], options);
    expect(columnDefinitions?.map(({ name, type }) => [name, type])).toEqual([
      ['Name', 'string'],
      ['Created At', 'date'],
    ]);
    expect(rows[0]?.cells).toEqual(['x', '2026-01-01T00:00:00Z']);
  });

  it('shows a custom resource by its age, or by the columns that its definition gives it', () => {
    const thing = object({ apiVersion: 'example.com/v1', spec: { size: 3, on: true, when: '2026-01-01T00:59:00Z' } });
    expect(tableOf(custom(), [thing], options).rows[0]?.cells).toEqual(['x', '60m']);
    const column = (type: string, jsonPath: string) => ({ name: jsonPath, type, jsonPath });
    const columns = [
      column('integer', '.spec.size'),
      column('boolean', '.spec.on'),
      column('date', '.spec.when'),
      column('string', '.spec'),
      column('string', '.spec.nothing'),
      column('integer', '.spec.on'),
      column('date', '.spec.on'),
    ];
    const text = '{"size":3,"on":true,"when":"2026-01-01T00:59:00Z"}';
    expect(tableOf(custom(columns), [thing], options).rows[0]?.cells).toEqual([
      'x',
      3,
      true,
      '60s',
      text,
      null,
      null,
      null,
    ]);
  });

  it('shows what is missing as <none> or <unset>, and an external service by its name', () => {
    expect(tableOf(versioned('endpoints'), [object({})], options).rows[0]?.cells[1]).toBe('<none>');
    const slice = object({ addressType: 'IPv4', endpoints: [] });
    expect(tableOf(versioned('endpointslices.discovery.k8s.io'), [slice], options).rows[0]?.cells.slice(2, 4)).toEqual([
      '<unset>',
      '<unset>',
    ]);
    const external = object({ spec: { type: 'ExternalName', externalName: 'example.com' } });
    expect(tableOf(versioned('services'), [external], options).rows[0]?.cells.slice(1, 5)).toEqual([
      'ExternalName',
      '<none>',
      'example.com',
      '<none>',
    ]);
    const balanced = object({ spec: { type: 'LoadBalancer', ports: [] } });
    expect(tableOf(versioned('services'), [balanced], options).rows[0]?.cells[3]).toBe('<pending>');
  });

  it('carries as much of the object as was asked for', () => {
    const given = object({ status: { phase: 'Active' } });
    const carried = (includeObject: 'None' | 'Metadata' | 'Object'): unknown =>
      tableOf(versioned('namespaces'), [given], { ...options, includeObject }).rows[0]?.object;
    expect(carried('None')).toBeNull();
    expect(carried('Object')).toBe(given);
    expect(carried('Metadata')).toEqual({
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: given.metadata,
    });
  });

  it('marks finished pods as completed', () => {
    const table = tableOf(
      versioned('pods'),
      [object({ spec: { containers: [] }, status: { phase: 'Succeeded' } })],
      options,
    );
    expect(table.rows[0]?.conditions).toMatchObject([{ type: 'Completed', status: 'True', reason: 'Succeeded' }]);
  });
});
