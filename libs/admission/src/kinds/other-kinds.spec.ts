import { builtIn, type KubeObject, type ObjectOf, type BuiltIn, type StoredObject } from '@shiplog/contracts';
import { admitCreate } from '../create';
import { admitUpdate } from '../update';
import { FewObjects, admission, causesOf, created, fieldsOf, rejectionOf, valueOf } from '../testing/builders';

const object = (
  kind: string,
  fields: Record<string, unknown> = {},
  metadata: KubeObject['metadata'] = {},
): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'x', namespace: 'default', ...metadata },
  ...fields,
});
const cluster = (
  kind: string,
  fields: Record<string, unknown> = {},
  metadata: KubeObject['metadata'] = {},
): KubeObject => {
  const { namespace: _namespace, ...rest } = object(kind, fields, metadata).metadata;
  return { ...object(kind, fields), metadata: rest };
};
const slice = (fields: Record<string, unknown>): KubeObject => ({
  ...object('EndpointSlice', fields),
  apiVersion: 'discovery.k8s.io/v1',
});
const causes = (resource: BuiltIn, given: KubeObject) => fieldsOf(admitCreate(builtIn(resource), given, admission()));
const change = (resource: BuiltIn, before: StoredObject, after: object) =>
  admitUpdate(builtIn(resource), undefined, before, { ...before, ...after }, admission());

describe('a secret', () => {
  it('is Opaque unless it says otherwise, and takes in its plain texts', () => {
    const secret = created('secrets', object('Secret', { data: { a: 'eA==' }, stringData: { b: 'grüße' } }));
    expect(secret.type).toBe('Opaque');
    expect(secret.data).toEqual({ a: 'eA==', b: Buffer.from('grüße').toString('base64') });
    expect(secret).not.toHaveProperty('stringData');
  });

  it('has the keys that its type needs', () => {
    expect(causes('secrets', object('Secret', { type: 'kubernetes.io/tls', data: { 'tls.crt': '' } }))).toEqual([
      'data[tls.key]',
    ]);
    expect(causes('secrets', object('Secret', { type: 'kubernetes.io/service-account-token' }))).toHaveLength(1);
    expect(causes('secrets', object('Secret', { type: 'kubernetes.io/basic-auth' }))).toHaveLength(2);
  });

  it('keeps its type, and everything when it is immutable', () => {
    const before = created('secrets', object('Secret', { data: { a: 'eA==' }, immutable: true }));
    expect(fieldsOf(change('secrets', before, { type: 'other' }))).toEqual(['type']);
    expect(fieldsOf(change('secrets', before, { data: { a: 'eQ==' } }))).toEqual(['data']);
    expect(fieldsOf(change('secrets', before, { immutable: false }))).toEqual(['immutable']);
    expect(
      valueOf(change('secrets', before, { metadata: { ...before.metadata, labels: { a: 'b' } } })).metadata.labels,
    ).toEqual({ a: 'b' });
  });
});

describe('a config map', () => {
  it('has keys that can be file names, each once', () => {
    expect(causes('configmaps', object('ConfigMap', { data: { 'a/b': 'x' } }))).toEqual(['data[a/b]']);
    expect(causes('configmaps', object('ConfigMap', { data: { a: 'x' }, binaryData: { a: 'eA==' } }))).toEqual([
      'data[a]',
    ]);
  });

  it('holds at most a mebibyte', () => {
    expect(causes('configmaps', object('ConfigMap', { data: { a: 'x'.repeat(1_048_577) } }))).toEqual(['[]']);
    expect(created('configmaps', object('ConfigMap', { data: { a: 'x'.repeat(1_048_576) } })).data).toBeDefined();
  });
});

describe('a namespace', () => {
  const before = created('namespaces', cluster('Namespace'));

  it('starts Active, with its finalizer and a label of its own name', () => {
    expect(before.spec).toEqual({ finalizers: ['kubernetes'] });
    expect(before.status).toEqual({ phase: 'Active' });
    expect(before.metadata.labels).toEqual({ 'kubernetes.io/metadata.name': 'x' });
    expect(before.metadata).not.toHaveProperty('generation');
  });

  it('loses a finalizer only through its finalize subresource', () => {
    expect(valueOf(change('namespaces', before, { spec: {} }))['spec']).toBe(before.spec);
    const finalized = valueOf(
      admitUpdate(builtIn('namespaces'), 'finalize', before, { ...before, spec: {}, status: {} }, admission()),
    );
    expect(finalized).toEqual({ ...before, spec: {} });
  });

  it('takes what is submitted with its finalizers of its metadata, by the rules', () => {
    const finalize = (metadata: object) =>
      admitUpdate(
        builtIn('namespaces'),
        'finalize',
        before,
        { ...before, metadata: { ...before.metadata, ...metadata } },
        admission(),
      );
    expect(valueOf(finalize({ labels: { a: 'b' } })).metadata.labels).toEqual({
      a: 'b',
      'kubernetes.io/metadata.name': 'x',
    });
    expect(fieldsOf(finalize({ labels: { 'a b': 'c' } }))).toEqual(['metadata.labels']);
  });

  it('is Terminating when it is deleted, and then only', () => {
    const write = (object: StoredObject, status: object) =>
      causesOf(admitUpdate(builtIn('namespaces'), 'status', object, { ...object, status }, admission()));
    const deletedAt = { deletionTimestamp: '2024-05-05T01:02:03Z' };
    const deleted = { ...before, metadata: { ...before.metadata, ...deletedAt }, status: { phase: 'Terminating' } };
    expect(write(before, { phase: 'Terminating' })).toEqual([
      `status.Phase: Invalid value: "Terminating": may only be 'Active' if \`deletionTimestamp\` is empty`,
    ]);
    expect(write(deleted, { phase: 'Active' })).toEqual([
      `status.Phase: Invalid value: "Active": may only be 'Terminating' if \`deletionTimestamp\` is not empty`,
    ]);
    expect(write(before, {})).toEqual([]);
    expect(write(deleted, { phase: 'Terminating', conditions: [{ type: 'A', status: 'True' }] })).toEqual([]);
  });

  it('keeps the label of its name', () => {
    const labels = { 'kubernetes.io/metadata.name': 'other' };
    const after = valueOf(change('namespaces', before, { metadata: { ...before.metadata, labels } }));
    expect(after.metadata.labels).toEqual({ 'kubernetes.io/metadata.name': 'x' });
  });

  it('has finalizers that say whose they are', () => {
    const create = (finalizer: string) =>
      causesOf(
        admitCreate(builtIn('namespaces'), cluster('Namespace', { spec: { finalizers: [finalizer] } }), admission()),
      );
    expect(create('noslash')).toEqual([
      'spec.finalizers: Invalid value: "noslash": name is neither a standard finalizer name nor is it fully qualified',
    ]);
    expect(create('example.com/mine')).toEqual([]);
    const before = created('namespaces', cluster('Namespace', {}));
    const sent = { ...before, spec: { finalizers: ['kubernetes', 'noslash'] } };
    expect(causesOf(admitUpdate(builtIn('namespaces'), 'finalize', before, sent, admission()))).toEqual([
      'spec.finalizers[1]: Invalid value: "noslash": name is neither a standard finalizer name nor is it fully qualified',
    ]);
  });

  it('has a label for a name, and lives in no namespace', () => {
    expect(causes('namespaces', cluster('Namespace', {}, { name: 'a.b' }))).toContain('metadata.name');
    expect(valueOf(admitCreate(builtIn('namespaces'), object('Namespace'), admission())).metadata).not.toHaveProperty(
      'namespace',
    );
  });
});

describe('a node', () => {
  it('has amounts that can be', () => {
    const create = (status: object) =>
      causesOf(admitCreate(builtIn('nodes'), cluster('Node', { status }), admission()));
    expect(create({ capacity: { cpu: '-1' }, allocatable: { cpu: '1' } })).toEqual([
      'status.capacity.cpu: Invalid value: "-1": must be greater than or equal to 0',
    ]);
    expect(create({ allocatable: { 'example.com/gpu': '500m' } })).toEqual([
      'status.allocatable.example.com/gpu: Invalid value: "500m": must be an integer',
    ]);
    expect(create({ capacity: { cpu: '0', 'example.com/gpu': '8', 'hugepages-2Mi': '0' } })).toEqual([]);
  });

  it('reports each of its addresses once', () => {
    const before = created('nodes', cluster('Node'));
    const address = { type: 'InternalIP', address: '192.0.2.4' };
    const report = (addresses: object[]) =>
      causesOf(admitUpdate(builtIn('nodes'), 'status', before, { ...before, status: { addresses } }, admission()));
    expect(report([address, address])).toEqual([
      'status.addresses[1]: Duplicate value: core.NodeAddress{Type:"InternalIP", Address:"192.0.2.4"}',
    ]);
    expect(report([address, { ...address, type: 'ExternalIP' }])).toEqual([]);
  });

  it('is created with the status that its kubelet gives it', () => {
    const node = created('nodes', cluster('Node', { status: { capacity: { cpu: '2', memory: '4096Mi' } } }));
    expect(node.status).toEqual({ capacity: { cpu: '2', memory: '4Gi' }, allocatable: { cpu: '2', memory: '4Gi' } });
  });

  it('gets its pod network once', () => {
    const bare = created('nodes', cluster('Node'));
    const node = valueOf(change('nodes', bare, { spec: { podCIDR: '10.244.1.0/24' } })) as StoredObject;
    expect(node['spec']).toEqual({ podCIDR: '10.244.1.0/24', podCIDRs: ['10.244.1.0/24'] });
    expect(fieldsOf(change('nodes', node, { spec: { podCIDR: '10.244.2.0/24' } }))).toEqual(['spec.podCIDRs']);
    expect(fieldsOf(change('nodes', bare, { spec: { podCIDR: 'wide' } }))).toEqual(['spec.podCIDRs[0]']);
  });

  it('has a pod network that is a part of the cluster’s and of no other node’s', () => {
    const first = created('nodes', cluster('Node', { spec: { podCIDR: '10.244.1.0/24' } }, { name: 'first' }));
    const old = { ...first, metadata: { ...first.metadata, name: 'old' }, spec: { podCIDR: '0.0.0.0/1' } };
    const ctx = admission({ state: new FewObjects().put('nodes', first).put('nodes', old) });
    const messages = (spec: object) => {
      const result = admitCreate(builtIn('nodes'), cluster('Node', { spec }), ctx);
      return result.ok ? [] : result.status.details?.causes?.map((cause) => `${cause.field}: ${cause.message}`);
    };
    expect(messages({ podCIDR: '10.244.2.0/24' })).toEqual([]);
    expect(messages({ podCIDR: '0.0.0.0/1' })).toEqual([
      `spec.podCIDRs[0]: Invalid value: "0.0.0.0/1": must be within the cluster's pod network 10.244.0.0/16`,
    ]);
    expect(messages({ podCIDRs: ['10.244.0.0/16'] })).toEqual([
      'spec.podCIDRs[0]: Invalid value: "10.244.0.0/16": must not overlap 10.244.1.0/24 of node "first"',
    ]);
    expect(messages({ podCIDRs: ['10.244.2.0/24', '10.244.3.0/24'] })).toEqual([
      'spec.podCIDRs: Invalid value: []string{"10.244.2.0/24", "10.244.3.0/24"}: may specify no more than one CIDR for each IP family',
    ]);
    expect(messages({ podCIDR: '10.244.1.128/25', podCIDRs: ['10.244.2.0/24'] })).toEqual([
      'spec.podCIDRs[0]: Invalid value: "10.244.1.128/25": must not overlap 10.244.1.0/24 of node "first"',
    ]);
  });

  it('has a pod network of each family where the cluster has both', () => {
    const settings = { ...admission().settings, clusterCidr: '10.244.0.0/16,fd00:10:244::/56' };
    const pair = { podCIDRs: ['10.244.1.0/24', 'fd00:10:244:1::/64'] };
    const first = created('nodes', cluster('Node', { spec: pair }, { name: 'first' }), admission({ settings }));
    expect(first.spec).toEqual({ podCIDR: '10.244.1.0/24', ...pair });
    const ctx = admission({ settings, state: new FewObjects().put('nodes', first) });
    const messages = (...podCIDRs: string[]) => {
      const result = admitCreate(builtIn('nodes'), cluster('Node', { spec: { podCIDRs } }), ctx);
      return result.ok ? [] : result.status.details?.causes?.map((cause) => `${cause.field}: ${cause.message}`);
    };
    expect(messages('10.244.2.0/24', 'fd00:10:244:2::/64')).toEqual([]);
    expect(messages('10.244.2.0/24', 'fd00:10:245::/64')).toEqual([
      `spec.podCIDRs[1]: Invalid value: "fd00:10:245::/64": must be within the cluster's pod network ${settings.clusterCidr}`,
    ]);
    expect(messages('10.244.2.0/24', 'fd00:10:244::/56')).toEqual([
      'spec.podCIDRs[1]: Invalid value: "fd00:10:244::/56": must not overlap fd00:10:244:1::/64 of node "first"',
    ]);
    expect(messages('fd00:10:244:2::/64')).toEqual([
      'spec.podCIDRs[0]: Invalid value: "fd00:10:244:2::/64": must be of the primary IP family, IPv4',
    ]);
    expect(messages('10.244.2.0/24', 'fd00:10:244:2::/64', 'fd00:10:244:3::/64')).toEqual([
      expect.stringContaining('may specify no more than one CIDR for each IP family'),
    ]);
  });

  it('keeps a pod network from before there was such a rule, and can be changed', () => {
    const spec = { podCIDR: '192.168.0.0/24', podCIDRs: ['192.168.0.0/24'] };
    const old = { ...created('nodes', cluster('Node')), spec };
    const labelled = { metadata: { ...old.metadata, labels: { a: 'b' } } };
    expect(valueOf(change('nodes', old, labelled))['spec']).toEqual(spec);
  });

  it('has taints that say what they do, each once', () => {
    const taint = { key: 'a', effect: 'NoSchedule' };
    expect(causes('nodes', cluster('Node', { spec: { taints: [{ key: 'a' }] } }))).toEqual(['spec.taints[0].effect']);
    expect(causes('nodes', cluster('Node', { spec: { taints: [taint, taint] } }))).toEqual(['spec.taints[1]']);
    expect(causes('nodes', cluster('Node', { spec: { taints: [{ key: 'a', effect: 'Bite' }] } }))).toEqual([
      'spec.taints[0].effect',
    ]);
  });
});

describe('endpoints', () => {
  it('default to TCP and hold addresses', () => {
    const subsets = [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }] }];
    expect(created('endpoints', object('Endpoints', { subsets })).subsets).toEqual([
      { addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80, protocol: 'TCP' }] },
    ]);
    expect(causes('endpoints', object('Endpoints', { subsets: [{ addresses: [{ ip: 'x' }] }] }))).toEqual([
      'subsets[0].addresses[0].ip',
    ]);
    expect(causes('endpoints', object('Endpoints', { subsets: [{ ports: [{ port: 80 }] }] }))).toEqual(['subsets[0]']);
    const nameless = [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }, { port: 81 }] }];
    expect(causes('endpoints', object('Endpoints', { subsets: nameless }))).toHaveLength(2);
  });

  it('in slices say their address type, keep it, and count generations', () => {
    const fields = { addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'] }], ports: [{ port: 80 }] };
    const before = created(
      'endpointslices.discovery.k8s.io',
      slice(fields),
    ) as ObjectOf<'endpointslices.discovery.k8s.io'> & StoredObject;
    expect(before.ports).toEqual([{ name: '', port: 80, protocol: 'TCP' }]);
    expect(before.metadata.generation).toBe(1);
    expect(fieldsOf(change('endpointslices.discovery.k8s.io', before, { addressType: 'FQDN' }))).toContain(
      'addressType',
    );
    const after = valueOf(change('endpointslices.discovery.k8s.io', before, { endpoints: [] }));
    expect(after.metadata.generation).toBe(2);
    expect(causes('endpointslices.discovery.k8s.io', slice({ endpoints: [] }))).toEqual(['addressType']);
    expect(causes('endpointslices.discovery.k8s.io', slice({ ...fields, endpoints: [{ addresses: ['x'] }] }))).toEqual([
      'endpoints[0].addresses[0]',
    ]);
  });
});

describe('a lease', () => {
  const lease = { ...object('Lease', { spec: { leaseDurationSeconds: 40 } }), apiVersion: 'coordination.k8s.io/v1' };

  it('lasts for some time', () => {
    expect(causes('leases.coordination.k8s.io', { ...lease, spec: { leaseDurationSeconds: 0 } })).toEqual([
      'spec.leaseDurationSeconds',
    ]);
  });

  it('is handed on in a way that there is', () => {
    const create = (spec: object) =>
      causesOf(admitCreate(builtIn('leases.coordination.k8s.io'), { ...lease, spec }, admission()));
    expect(create({ strategy: 'Bogus', preferredHolder: 'x' })).toEqual([
      'spec.strategy.strategy: Unsupported value: "Bogus": supported values: "OldestEmulationVersion"',
    ]);
    expect(create({ preferredHolder: 'x' })).toEqual([
      'spec.preferredHolder: Forbidden: may only be specified if `strategy` is defined',
    ]);
    expect(create({ strategy: 'example.com/mine', preferredHolder: 'x' })).toEqual([]);
    expect(create({ strategy: 'OldestEmulationVersion' })).toEqual([]);
  });

  it('is only replaced by those who say which version they had read', () => {
    const before = created('leases.coordination.k8s.io', lease);
    const blind = admitUpdate(builtIn('leases.coordination.k8s.io'), undefined, before, lease, admission());
    expect(rejectionOf(blind).message).toContain(
      'metadata.resourceVersion: Invalid value: 0x0: must be specified for an update',
    );
  });
});

describe('an event with a time of its own', () => {
  const report = {
    involvedObject: { kind: 'Pod', namespace: 'default', name: 'p' },
    eventTime: '2024-05-05T01:02:03.000000Z',
    reportingComponent: 'example.com/watcher',
    reportingInstance: 'watcher-1',
    action: 'Look',
    reason: 'Seen',
  };
  const create = (fields: object) =>
    causesOf(admitCreate(builtIn('events'), object('Event', { ...report, ...fields }), admission()));

  it.each<[string, object, string]>([
    ['no instance', { reportingInstance: undefined }, 'reportingInstance: Required value'],
    ['no action', { action: undefined }, 'action: Required value'],
    ['no reason', { reason: undefined }, 'reason: Required value'],
    ['a long action', { action: 'a'.repeat(129) }, 'action: Invalid value: "": can have at most 128 characters'],
    ['a long reason', { reason: 'a'.repeat(129) }, 'reason: Invalid value: "": can have at most 128 characters'],
    ['a long note', { message: 'a'.repeat(1025) }, 'message: Invalid value: "": can have at most 1024 characters'],
  ])('is refused with %s', (_what, fields, cause) => {
    expect(create(fields)).toEqual([cause]);
  });

  it('says who saw it', () => {
    expect(create({ reportingComponent: undefined })[0]).toBe('reportingController: Required value');
    expect(create({ reportingComponent: 'a b' })[0]).toMatch('reportingController: Invalid value: "a b"');
  });

  it('may be about what is elsewhere, and have a note of some length', () => {
    expect(create({ message: 'a'.repeat(1024) })).toEqual([]);
    expect(create({ involvedObject: { kind: 'Pod', namespace: 'other', name: 'p' } })).toEqual([]);
  });
});

describe('an event and a service account', () => {
  it('are kept as they are', () => {
    const event = object('Event', {
      involvedObject: { kind: 'Pod', namespace: 'default', name: 'p' },
      reason: 'R',
      type: 'Normal',
    });
    expect(created('events', event)).toMatchObject({ reason: 'R', source: {} });
    expect(causes('events', object('Event', { involvedObject: { namespace: 'other' } }))).toEqual([
      'involvedObject.namespace',
    ]);
    expect(created('events', object('Event', { involvedObject: { kind: 'Node', name: 'n' } }))).toBeDefined();
    expect(created('serviceaccounts', object('ServiceAccount', { secrets: [{ name: 's' }] })).secrets).toEqual([
      { name: 's' },
    ]);
  });
});
