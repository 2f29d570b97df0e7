import { builtIn, type BuiltIn, type KubeObject, type StoredObject } from '@shiplog/contracts';
import { admitCreate } from '../create';
import { admission, causesOf, created, stored, valueOf } from '../testing/builders';
import { admitUpdate } from '../update';

const RESOURCES: Readonly<Record<string, BuiltIn>> = {
  DeviceClass: 'deviceclasses.resource.k8s.io',
  ResourceClaim: 'resourceclaims.resource.k8s.io',
  ResourceClaimTemplate: 'resourceclaimtemplates.resource.k8s.io',
  ResourceSlice: 'resourceslices.resource.k8s.io',
};
const of = (kind: string, spec: object): KubeObject => ({
  apiVersion: 'resource.k8s.io/v1',
  kind,
  metadata: { name: 'x', ...(kind.startsWith('ResourceClaim') ? { namespace: 'default' } : {}) },
  spec,
});
const causes = (kind: string, spec: object) =>
  causesOf(admitCreate(builtIn(RESOURCES[kind]!), of(kind, spec), admission()));
const change = (kind: string, before: StoredObject, fields: object, subresource?: string) =>
  admitUpdate(builtIn(RESOURCES[kind]!), subresource, before, { ...before, ...fields }, admission());

const opaque = { driver: 'gpu.example.com', parameters: { mode: 'fast' } };
const IDENTIFIER = expect.stringContaining('a valid C identifier must start with') as string;

describe('a device class', () => {
  it('is taken as it is', () => {
    const spec = {
      selectors: [{ cel: { expression: 'device.driver == "gpu.example.com"' } }],
      config: [{ opaque }],
      extendedResourceName: 'example.com/gpu',
    };
    expect(created('deviceclasses.resource.k8s.io', of('DeviceClass', spec)).spec).toEqual(spec);
  });

  it.each<[object, string]>([
    [{ selectors: [{}] }, 'spec.selectors[0].cel: Required value'],
    [{ selectors: [{ cel: {} }] }, 'spec.selectors[0].cel.expression: Required value'],
    [
      { selectors: [{ cel: { expression: 'x'.repeat(10_241) } }] },
      'spec.selectors[0].cel.expression: Too long: may not be more than 10240 bytes',
    ],
    [{ selectors: Array(33).fill({}) }, 'spec.selectors: Too many: 33: must have at most 32 items'],
    [{ config: [{}] }, 'spec.config[0].opaque: Required value'],
    [{ config: [{ opaque: { ...opaque, driver: '' } }] }, 'spec.config[0].opaque.driver: Required value'],
    [
      { extendedResourceName: 'cpu' },
      'spec.extendedResourceName: Invalid value: "cpu": must be a valid extended resource name',
    ],
  ])('is refused with %j', (spec, text) => {
    expect(causes('DeviceClass', spec)[0]).toEqual(text);
  });
});

const exactly = { deviceClassName: 'gpu' };
const request = { name: 'r', exactly };
const claim = (devices: object) => ({ devices: { requests: [request], ...devices } });

describe('a claim', () => {
  it('wants one device of each request unless it says otherwise', () => {
    const spec = claim({
      requests: [
        { name: 'r', exactly: { ...exactly, tolerations: [{ key: 'a' }] } },
        { name: 's', firstAvailable: [{ name: 't', deviceClassName: 'gpu', allocationMode: 'All' }] },
      ],
      constraints: [{ requests: ['r', 's/t'], matchAttribute: 'example.com/numa' }],
      config: [{ requests: ['s'], opaque }],
    });
    const made = created('resourceclaims.resource.k8s.io', of('ResourceClaim', spec));
    expect(made.spec.devices?.requests).toEqual([
      {
        name: 'r',
        exactly: {
          ...exactly,
          allocationMode: 'ExactCount',
          count: 1,
          tolerations: [{ key: 'a', operator: 'Equal' }],
        },
      },
      { name: 's', firstAvailable: [{ name: 't', deviceClassName: 'gpu', allocationMode: 'All' }] },
    ]);
    expect(made.status).toEqual({});
    expect(made.metadata).not.toHaveProperty('generation');
  });

  const wanting = (changes: object) => claim({ requests: [{ name: 'r', exactly: { ...exactly, ...changes } }] });
  const at = 'spec.devices.requests[0]';
  const reference =
    "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";
  it.each<[object, unknown[]]>([
    [
      claim({ requests: [{ name: 'r' }] }),
      [`${at}: Required value: exactly one of \`exactly\` or \`firstAvailable\` is required`],
    ],
    [
      claim({ requests: [{ ...request, firstAvailable: [{ name: 'a', deviceClassName: 'gpu' }] }] }),
      [
        `${at}: Invalid value: null: exactly one of \`exactly\` or \`firstAvailable\` is required, but multiple fields are set`,
      ],
    ],
    [claim({ requests: [{ ...request, name: '' }] }), [`${at}.name: Required value`]],
    [claim({ requests: [request, request] }), ['spec.devices.requests[1]: Duplicate value: "r"']],
    [claim({ requests: Array(33).fill(request) }), ['spec.devices.requests: Too many: 33: must have at most 32 items']],
    [wanting({ deviceClassName: '' }), [`${at}.exactly.deviceClassName: Required value`]],
    [
      wanting({ allocationMode: 'Some' }),
      [`${at}.exactly.allocationMode: Unsupported value: "Some": supported values: "All", "ExactCount"`],
    ],
    [
      wanting({ allocationMode: 'All', count: 2 }),
      [`${at}.exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'`],
    ],
    [wanting({ count: -1 }), [`${at}.exactly.count: Invalid value: -1: must be greater than zero`]],
    [
      wanting({ tolerations: [{ operator: 'Exists', value: 'a' }] }),
      [`${at}.exactly.tolerations[0].value: Invalid value: "a": must be empty for operator \`Exists\``],
    ],
    [
      wanting({ tolerations: [{ operator: 'x', effect: 'y' }] }),
      [
        `${at}.exactly.tolerations[0].operator: Unsupported value: "x": supported values: "Equal", "Exists"`,
        `${at}.exactly.tolerations[0].effect: Unsupported value: "y": supported values: "NoExecute", "NoSchedule", "None"`,
      ],
    ],
    [claim({ constraints: [{}] }), ['spec.devices.constraints[0].matchAttribute: Required value']],
    [
      claim({ constraints: [{ matchAttribute: 'numa' }] }),
      [
        'spec.devices.constraints[0].matchAttribute: Invalid value: "numa": a fully qualified name must be a domain and a name separated by a slash',
      ],
    ],
    [claim({ constraints: [{ matchAttribute: 'a.b/1' }] }), [IDENTIFIER]],
    [
      claim({ constraints: [{ matchAttribute: '/a' }] }),
      ['spec.devices.constraints[0].matchAttribute: Invalid value: "": the domain must not be empty'],
    ],
    [
      claim({ config: [{ requests: ['q'], opaque }] }),
      [`spec.devices.config[0].requests[0]: Invalid value: "q": ${reference}`],
    ],
    [
      claim({ config: [{ requests: ['r/s/t'], opaque }] }),
      [`spec.devices.config[0].requests[0]: Invalid value: "r/s/t": ${reference}`],
    ],
    [
      claim({ config: [{ opaque: { ...opaque, parameters: { a: 'x'.repeat(10_240) } } }] }),
      ['spec.devices.config[0].opaque.parameters: Too long: may not be more than 10240 bytes'],
    ],
  ])('is refused with %j', (spec, texts) => {
    expect(causes('ResourceClaim', spec)).toEqual(texts);
  });

  it('keeps what it wants, as its template does', () => {
    for (const [kind, spec] of [
      ['ResourceClaim', claim({})],
      ['ResourceClaimTemplate', { metadata: { labels: { a: 'b' } }, spec: claim({}) }],
    ] as const) {
      const before = created(RESOURCES[kind]!, of(kind, spec)) as unknown as StoredObject;
      expect(causesOf(change(kind, before, { spec: { ...spec, devices: {}, spec: {} } }))).toEqual([
        expect.stringMatching(/^spec: Invalid value: .*: field is immutable$/),
      ]);
      const metadata = { ...before.metadata, labels: { a: 'b' } };
      expect(valueOf(change(kind, before, { metadata })).metadata.labels).toEqual({ a: 'b' });
    }
  });

  it('of a template is refused as it would be itself', () => {
    expect(
      causes('ResourceClaimTemplate', {
        metadata: { labels: { '-': '' } },
        spec: { devices: { requests: [{ name: 'r' }] } },
      }),
    ).toEqual([
      expect.stringMatching(/^spec\.metadata\.labels: Invalid value: "-"/),
      'spec.spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required',
    ]);
  });
});

describe('the status of a claim', () => {
  const device = { driver: 'gpu.example.com', pool: 'node-1', device: 'gpu-0' };
  const allocation = { devices: { results: [{ request: 'r', ...device }] } };
  const consumer = { resource: 'pods', name: 'web', uid: 'u1' };
  const before = (status?: object): StoredObject => {
    const made = created('resourceclaims.resource.k8s.io', of('ResourceClaim', claim({}))) as unknown as StoredObject;
    return status === undefined ? made : stored(valueOf(change('ResourceClaim', made, { status }, 'status')));
  };
  const write = (status: object, was = before()) => causesOf(change('ResourceClaim', was, { status }, 'status'));

  it('says what was allocated, for whom, and what the driver says of it', () => {
    const status = {
      allocation,
      reservedFor: [consumer],
      devices: [{ ...device, networkData: { interfaceName: 'net1', ips: ['10.9.8.7/24'] }, data: { a: 1 } }],
    };
    expect(before(status).status).toEqual(status);
  });

  it.each<[object, string[]]>([
    [{ reservedFor: [consumer] }, ['status.reservedFor: Forbidden: may not be specified when `allocated` is not set']],
    [{ allocation, reservedFor: [consumer, consumer] }, ['status.reservedFor[1]: Duplicate value: "u1"']],
    [
      { allocation, reservedFor: [{}] },
      ['resource', 'name', 'uid'].map((field) => `status.reservedFor[0].${field}: Required value`),
    ],
    [
      { devices: [device] },
      ['status.devices[0]: Invalid value: gpu.example.com/node-1/gpu-0: must be an allocated device in the claim'],
    ],
    [
      { allocation, devices: [{ ...device, networkData: { ips: ['10.9.8.7'] } }] },
      [
        'status.devices[0].networkData.ips[0]: Invalid value: "10.9.8.7": must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)',
      ],
    ],
    [
      { allocation: { devices: { results: [{ request: 'r', ...device, pool: '' }] } } },
      ['status.allocation.devices.results[0].pool: Required value'],
    ],
    [
      { allocation: { devices: { config: [{ source: 'x', opaque }] } } },
      [
        'status.allocation.devices.config[0].source: Unsupported value: "x": supported values: "FromClaim", "FromClass"',
      ],
    ],
    [
      { allocation: { devices: { results: [{ request: 'r', ...device, bindingConditions: ['a'] }] } } },
      [
        'status.allocation.devices.results[0].bindingFailureConditions: Invalid value: []string(nil): bindingFailureConditions are required to use bindingConditions',
      ],
    ],
  ])('is not %j', (status, texts) => {
    expect(write(status)).toEqual(texts);
  });

  it('keeps what was allocated until it is given back, and takes no more users of what is to go', () => {
    const allocated = before({ allocation });
    expect(write({ allocation: { devices: {} } }, allocated)).toEqual([
      expect.stringMatching(/^status\.allocation: Invalid value: .*: field is immutable$/),
    ]);
    expect(write({}, allocated)).toEqual([]);
    const going = { ...allocated, metadata: { ...allocated.metadata, deletionTimestamp: '2024-05-05T01:02:03Z' } };
    expect(write({ allocation, reservedFor: [consumer] }, going)).toEqual([
      'status.reservedFor: Forbidden: new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set',
    ]);
  });
});

describe('a slice of devices', () => {
  const pool = { name: 'node-1', generation: 1, resourceSliceCount: 1 };
  const SLICE = { driver: 'gpu.example.com', pool, nodeName: 'node-1' };
  const devices = (...given: object[]) => ({ devices: given.map((device) => ({ name: 'gpu-0', ...device })) });

  it('is taken as it is, but for since when a taint is there', () => {
    const spec = {
      ...SLICE,
      ...devices({
        attributes: { model: { string: 'a' }, 'example.com/version': { version: '1.2.3-rc.1+b' } },
        capacity: { memory: { value: '1Gi' } },
        taints: [{ key: 'a', effect: 'NoSchedule' }],
      }),
    };
    const made = created('resourceslices.resource.k8s.io', of('ResourceSlice', spec));
    expect(made.spec.devices?.[0]?.taints).toEqual([
      { key: 'a', effect: 'NoSchedule', timeAdded: '2024-05-05T01:02:03Z' },
    ]);
    expect(made.spec).toMatchObject(spec);
  });

  const where = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required';
  const whereEach =
    'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec';
  const each = { nodeName: undefined, perDeviceNodeSelection: true };
  it.each<[object, unknown[]]>([
    [{ driver: '' }, ['spec.driver: Required value', expect.stringMatching(/^spec\.driver: Invalid value: ""/)]],
    [{ pool: { ...pool, name: '' } }, ['spec.pool.name: Required value']],
    [
      { pool: { ...pool, resourceSliceCount: 0, generation: -1 } },
      [
        'spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero',
        'spec.pool.generation: Invalid value: -1: must be greater than or equal to zero',
      ],
    ],
    [{ nodeName: undefined }, [`spec: Required value: ${where}`]],
    [
      { allNodes: true },
      [`spec: Invalid value: "{\`nodeName\`, \`allNodes\`}": ${where}, but multiple fields are set`],
    ],
    [{ allNodes: false }, ['spec.allNodes: Invalid value: false: must be either unset or set to true']],
    [
      { nodeName: undefined, nodeSelector: { nodeSelectorTerms: [{}, {}] } },
      [expect.stringMatching(/^spec\.nodeSelector\.nodeSelectorTerms: .*: must have exactly one node selector term$/)],
    ],
    [devices({}, {}), ['spec.devices[1]: Duplicate value: "gpu-0"']],
    [
      devices({ attributes: { a: {} } }),
      ['spec.devices[0].attributes[a]: Invalid value: "": exactly one value must be specified'],
    ],
    [
      devices({ attributes: { a: { version: 'v1' } } }),
      [
        'spec.devices[0].attributes[a].version: Invalid value: "v1": must be a string compatible with semver.org spec 2.0.0',
      ],
    ],
    [
      devices({ attributes: { a: { string: 'x'.repeat(65) } } }),
      ['spec.devices[0].attributes[a].string: Too long: may not be more than 64 bytes'],
    ],
    [devices({ attributes: { 'a-b': { int: 1 } } }), [IDENTIFIER]],
    [
      devices({ attributes: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`a${i}`, { int: 1 }])) }),
      ['spec.devices[0]: Invalid value: 33: the total number of attributes and capacities must not exceed 32'],
    ],
    [
      devices({ capacity: { a: { value: '1', requestPolicy: {} } } }),
      ['spec.devices[0].capacity[a].requestPolicy: Forbidden: allowMultipleAllocations must be true'],
    ],
    [devices({ taints: [{ key: 'a' }] }), ['spec.devices[0].taints[0].effect: Required value']],
    [
      devices({ consumesCounters: [{ counterSet: 'a', counters: {} }] }),
      ['spec.devices[0].consumesCounters[0].counters: Required value'],
    ],
    [
      devices({ nodeName: 'a' }),
      [
        'spec.devices[0]: Invalid value: null: `nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec',
      ],
    ],
    [{ ...each, ...devices({}) }, [`spec.devices[0]: Required value: ${whereEach}`]],
    [
      { ...each, ...devices({ nodeName: 'a', allNodes: true }) },
      [`spec.devices[0]: Invalid value: "{\`nodeName\`, \`allNodes\`}": ${whereEach}`],
    ],
    [
      { sharedCounters: [{ name: 'a', counters: { b: { value: '1' } } }], ...devices({}) },
      ['spec: Invalid value: "": only one of `sharedCounters` or `devices` is allowed'],
    ],
    [
      { sharedCounters: [{ name: '', counters: {} }] },
      ['name', 'counters'].map((field) => `spec.sharedCounters[0].${field}: Required value`),
    ],
  ])('is refused with %j', (changes, texts) => {
    expect(causes('ResourceSlice', { ...SLICE, ...changes })).toEqual(texts);
  });

  it('stays with its driver, its pool and its node', () => {
    const before = created('resourceslices.resource.k8s.io', of('ResourceSlice', SLICE)) as unknown as StoredObject;
    const spec = { driver: 'other.example.com', pool: { ...pool, name: 'b' }, nodeName: 'b' };
    expect(causesOf(change('ResourceSlice', before, { spec }))).toEqual([
      'spec.pool.name: Invalid value: "b": field is immutable',
      'spec.driver: Invalid value: "other.example.com": field is immutable',
      'spec.nodeName: Invalid value: "b": field is immutable',
    ]);
    expect(
      valueOf(change('ResourceSlice', before, { spec: { ...SLICE, pool: { ...pool, generation: 2 } } })).metadata
        .generation,
    ).toBe(2);
  });
});
