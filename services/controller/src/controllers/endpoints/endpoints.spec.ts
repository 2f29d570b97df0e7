import type { EndpointSlice, ObjectOf } from '@shiplog/contracts';
import type { PlannedCommand } from '../../runtime/domain/controller';
import { names, TestCluster } from '../../testing/cluster';
import { bare, controlledBy, pod, service } from '../../testing/objects';
import { endpointsController } from './controller';
import { decideEndpoints, SLICE_CONTROLLER, type EndpointsView } from './decide';
import { decideMirror } from './mirror';
import { SLICES, type StoredSlice } from './slices';

const view = (given: Partial<EndpointsView>): EndpointsView => ({
  service: service('web'),
  pods: [],
  endpoints: undefined,
  slices: [],
  zoneOf: () => undefined,
  ...given,
});
type Written = { data: { resource: string; object: any } };
const written = (commands: readonly PlannedCommand[], resource: string): any[] =>
  commands
    .filter(({ type }) => type === 'CreateObject' || type === 'ReplaceObject')
    .map((command) => (command as unknown as Written).data)
    .filter((data) => data.resource === resource)
    .map((data) => data.object);
const subsetsOf = (given: Partial<EndpointsView>) =>
  written(decideEndpoints(view(given)).commands, 'endpoints')[0]?.subsets;
const slicesOf = (given: Partial<EndpointsView>): EndpointSlice[] =>
  written(decideEndpoints(view(given)).commands, SLICES);
/** Slices as they would be stored after the commands of an attempt. */
const stored = (slices: readonly EndpointSlice[]): StoredSlice[] =>
  slices.map((slice, i) => {
    const { metadata, ...rest } = JSON.parse(JSON.stringify(slice)) as EndpointSlice;
    const { labels, ownerReferences } = metadata;
    return bare(SLICES, metadata.name ?? `web-${i}`, { labels, ownerReferences }, rest);
  });

describe('the endpoints of a Service', () => {
  it('are its ready pods by address, and apart from them those that are not ready', () => {
    const pods = [
      pod('b', { ip: '10.244.0.10', node: 'n1', ready: true }),
      pod('a', { ip: '10.244.0.9', node: 'n1', ready: true }),
      pod('c', { ip: '10.244.1.2', node: 'n2' }),
      pod('other', { ip: '10.244.1.3', ready: true, labels: { app: 'other' } }),
      pod('unattached', { ready: true }),
    ];
    const [subset] = subsetsOf({ pods });
    expect(subset.addresses.map(({ ip }: { ip: string }) => ip)).toEqual(['10.244.0.9', '10.244.0.10']);
    expect(subset.notReadyAddresses.map(({ ip }: { ip: string }) => ip)).toEqual(['10.244.1.2']);
    expect(subset.ports).toEqual([{ port: 8080, protocol: 'TCP', name: undefined, appProtocol: undefined }]);
    expect(subset.addresses[0]).toMatchObject({
      nodeName: 'n1',
      targetRef: { kind: 'Pod', namespace: 'default', name: 'a', uid: pods[1]?.metadata.uid },
    });
  });

  it('have a slice of their own, owned by the Service and found by its name', () => {
    const web = service('web', {}, { labels: { tier: 'front' } });
    const [slice] = slicesOf({ service: web, pods: [pod('a', { ip: '10.244.0.9', node: 'n1', ready: true })] });
    expect(slice?.metadata).toMatchObject({
      generateName: 'web-',
      labels: {
        tier: 'front',
        'kubernetes.io/service-name': 'web',
        'endpointslice.kubernetes.io/managed-by': SLICE_CONTROLLER,
      },
      ownerReferences: [controlledBy(web)],
    });
    expect(slice?.addressType).toBe('IPv4');
    expect(slice?.endpoints?.[0]).toMatchObject({
      addresses: ['10.244.0.9'],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: 'n1',
    });
  });

  it('find named ports on each pod, so pods with other numbers are in another subset and slice', () => {
    const named = service('web', { ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }] });
    const withPort = (containerPort: number) => ({
      containers: [{ name: 'c', image: 'c', ports: [{ name: 'http', containerPort }] }],
    });
    const pods = [
      pod('a', { ip: '10.244.0.1', ready: true, spec: withPort(8080) }),
      pod('b', { ip: '10.244.0.2', ready: true, spec: withPort(9090) }),
      pod('c', { ip: '10.244.0.3', ready: true }),
    ];
    expect(subsetsOf({ service: named, pods }).map((subset: any) => subset.ports[0].port)).toEqual([8080, 9090]);
    const ports = slicesOf({ service: named, pods }).map((slice) => slice.ports?.map(({ port }) => port));
    expect(ports).toEqual([[8080], [9090], []]);
  });

  it('keep a terminating pod in the slices, not ready but serving, and drop it from Endpoints', () => {
    const pods = [pod('a', { ip: '10.244.0.1', ready: true, deleting: true })];
    expect(subsetsOf({ pods })).toEqual([]);
    expect(slicesOf({ pods })[0]?.endpoints?.[0]?.conditions).toEqual({
      ready: false,
      serving: true,
      terminating: true,
    });
  });

  it('leave out pods that have ended', () => {
    const pods = [pod('a', { ip: '10.244.0.1', phase: 'Failed' })];
    expect(subsetsOf({ pods })).toEqual([]);
    expect(slicesOf({ pods })[0]?.endpoints).toEqual([]);
  });

  it('hold pods that are not ready as ready ones where the Service publishes them', () => {
    const eager = service('web', { publishNotReadyAddresses: true });
    const pods = [pod('a', { ip: '10.244.0.1', deleting: true })];
    expect(subsetsOf({ service: eager, pods })[0].addresses).toHaveLength(1);
    expect(slicesOf({ service: eager, pods })[0]?.endpoints?.[0]?.conditions).toMatchObject({
      ready: true,
      serving: true,
    });
  });

  it('are listed without ports for a headless Service that has none, marked as headless', () => {
    const headless = service('web', { clusterIP: 'None', ports: [] });
    const pods = [pod('a', { ip: '10.244.0.1', ready: true, spec: { hostname: 'a', subdomain: 'web' } })];
    expect(subsetsOf({ service: headless, pods })[0]).toMatchObject({
      addresses: [{ ip: '10.244.0.1', hostname: 'a' }],
    });
    expect(slicesOf({ service: headless, pods })[0]?.metadata.labels).toHaveProperty(
      ['service.kubernetes.io/headless'],
      '',
    );
  });

  it('belong to users where the Service has no selector', () => {
    for (const spec of [{ selector: undefined }, { type: 'ExternalName', externalName: 'example.com' }]) {
      expect(decideEndpoints(view({ service: service('web', spec) })).commands).toEqual([]);
    }
  });

  it('fill slices of a hundred, and move no endpoint when others go', () => {
    const web = service('web');
    const pods = Array.from({ length: 250 }, (_, i) =>
      pod(`p${i}`, { ip: `10.244.${i >> 7}.${i & 127}`, ready: true }),
    );
    const slices = stored(slicesOf({ service: web, pods }));
    expect(slices.map((slice) => slice.endpoints?.length)).toEqual([100, 100, 50]);
    const first = decideEndpoints(view({ service: web, pods, slices })).commands;
    expect(written(first, SLICES)).toEqual([]);
    const changed = written(decideEndpoints(view({ service: web, pods: pods.slice(1), slices })).commands, SLICES);
    expect(changed.map(({ metadata, endpoints }) => [metadata.name, endpoints.length])).toEqual([['web-0', 99]]);
  });

  it('go with the Service, its slices too, but not what users made', () => {
    const web = service('web');
    const mine = stored(slicesOf({ service: web }));
    const theirs = bare(SLICES, 'theirs', { labels: { 'kubernetes.io/service-name': 'web' } });
    const { commands } = decideEndpoints(view({ service: undefined, slices: [...mine, theirs] }));
    expect(commands.map(({ type, data }) => [type, 'name' in data && data.name])).toEqual([['DeleteObject', 'web-0']]);
  });
});

describe('the endpoints of a Service of both families', () => {
  const families = (...ipFamilies: string[]) => service('web', { ipFamilies });
  const pods = [
    pod('both', { ip: '10.244.0.9', ip6: 'fd00:10:244::9', ready: true }),
    pod('one', { ip: '10.244.0.8', ready: true }),
  ];
  const addressesIn = (slices: readonly EndpointSlice[]) =>
    slices.map(({ addressType, endpoints = [] }) => [addressType, ...endpoints.flatMap((item) => item.addresses)]);

  it('are in slices of each family, for the pods that have an address of it', () => {
    expect(addressesIn(slicesOf({ service: families('IPv4', 'IPv6'), pods }))).toEqual([
      ['IPv4', '10.244.0.8', '10.244.0.9'],
      ['IPv6', 'fd00:10:244::9'],
    ]);
    expect(addressesIn(slicesOf({ service: families('IPv4', 'IPv6') }))).toEqual([['IPv4'], ['IPv6']]);
  });

  it('are in Endpoints by the Service’s first family', () => {
    const ips = (...ipFamilies: string[]) =>
      subsetsOf({ service: families(...ipFamilies), pods })[0].addresses.map(({ ip }: { ip: string }) => ip);
    expect(ips('IPv4', 'IPv6')).toEqual(['10.244.0.8', '10.244.0.9']);
    expect(ips('IPv6', 'IPv4')).toEqual(['fd00:10:244::9']);
  });

  it('lose the slices of a family with it, and write none twice', () => {
    const both = families('IPv4', 'IPv6');
    const slices = stored(slicesOf({ service: both, pods }));
    const commands = (of: typeof both) =>
      decideEndpoints(view({ service: of, pods, slices })).commands.filter(
        ({ data }) => (data as { resource: string }).resource === SLICES,
      );
    expect(commands(both)).toEqual([]);
    expect(commands({ ...both, spec: { ...both.spec, ipFamilies: ['IPv4'] } })).toEqual([
      expect.objectContaining({ type: 'DeleteObject', data: expect.objectContaining({ name: 'web-1' }) }),
    ]);
  });

  it('that a user keeps are mirrored by family', () => {
    const endpoints = bare(
      'endpoints',
      'web',
      {},
      {
        subsets: [{ addresses: [{ ip: '192.0.2.1' }, { ip: '2001:db8::1' }], ports: [{ port: 80 }] }],
      },
    );
    const mirrored = written(
      decideMirror({ endpoints, service: service('web', { selector: undefined }), slices: [] }).commands,
      SLICES,
    );
    expect(addressesIn(mirrored)).toEqual([
      ['IPv4', '192.0.2.1'],
      ['IPv6', '2001:db8::1'],
    ]);
  });

  it('that a user keeps are mirrored with their annotations, and of many addresses as many as Kubernetes does', () => {
    const addresses = Array.from({ length: 1_200 }, (_, i) => ({ ip: `192.0.${i >> 8}.${i & 255}` }));
    const own = 'kubectl.kubernetes.io/last-applied-configuration';
    const meta = { annotations: { 'example.com/note': 'kept', [own]: '{}' } };
    const endpoints = bare('endpoints', 'web', meta, { subsets: [{ addresses, ports: [{ port: 80 }] }] });
    const { commands } = decideMirror({ endpoints, service: service('web', { selector: undefined }), slices: [] });
    const created = commands.flatMap((command) => (command.type === 'CreateObject' ? [command.data.object] : []));
    expect(created.map(({ metadata }) => metadata.annotations)).toEqual(
      created.map(() => ({ 'example.com/note': 'kept' })),
    );
    expect(created.flatMap((slice) => (slice as unknown as { endpoints: unknown[] }).endpoints)).toHaveLength(1_000);
  });
});

describe('the endpoints controller over a journal', () => {
  let cluster: TestCluster;
  beforeEach(async () => {
    cluster = new TestCluster();
    await cluster.create('namespaces', { metadata: { name: 'default' } });
    cluster.run(endpointsController);
  });
  afterEach(() => cluster.stop());

  const POD = { spec: { containers: [{ name: 'main', image: 'nginx' }] } };
  const SERVICE = { metadata: { name: 'web' }, spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } };
  const report = (ready: boolean, restartCount = 0) => ({
    status: {
      phase: 'Running',
      podIP: '10.244.0.5',
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      containerStatuses: [{ name: 'main', image: 'nginx', imageID: 'x', ready, restartCount }],
    },
  });
  const endpoints = (): ObjectOf<'endpoints'> | undefined => cluster.journal.get('endpoints', 'default', 'web');
  const slices = () => cluster.journal.list(SLICES, 'default');

  it('follows a pod from not ready to ready to gone, and writes nothing for what endpoints do not say', async () => {
    await cluster.create('services', SERVICE);
    await cluster.create('pods', { metadata: { name: 'a', labels: { app: 'web' } }, ...POD });
    await cluster.settle();
    expect(endpoints()?.subsets ?? []).toEqual([]);
    expect(slices()).toHaveLength(1);
    await cluster.patch('pods', 'a', report(true), 'status');
    await cluster.settle();
    expect(endpoints()?.subsets).toMatchObject([{ addresses: [{ ip: '10.244.0.5' }], ports: [{ port: 80 }] }]);
    expect(slices()).toMatchObject([{ endpoints: [{ addresses: ['10.244.0.5'] }], ports: [{ port: 80 }] }]);
    const quiet = cluster.log.length;
    await cluster.patch('pods', 'a', report(true, 3), 'status');
    await cluster.settle();
    expect(cluster.log).toHaveLength(quiet + 1);
    await cluster.delete('pods', 'a');
    await cluster.settle();
    expect(endpoints()?.subsets ?? []).toEqual([]);
    await cluster.delete('services', 'web');
    await cluster.settle();
    expect([endpoints(), ...slices()]).toEqual([undefined]);
  });

  it('looks at no pod, Service or slice but those that the change is about', async () => {
    await cluster.create('services', SERVICE);
    await cluster.create('pods', { metadata: { name: 'a', labels: { app: 'web' } }, ...POD });
    await cluster.settle();
    const list = jest.spyOn(cluster.state, 'list');
    await cluster.patch('pods', 'a', report(true), 'status');
    await cluster.settle();
    expect(endpoints()?.subsets).toHaveLength(1);
    expect(list).not.toHaveBeenCalled();
  });

  it('tells endpoints’ zones, and for PreferClose whose they are, as nodes come to other zones', async () => {
    const node = (zone: string) => ({ metadata: { labels: { 'topology.kubernetes.io/zone': zone } } });
    await cluster.create('nodes', { metadata: { name: 'n1', ...node('a').metadata } });
    await cluster.create('services', SERVICE);
    await cluster.create('pods', {
      metadata: { name: 'a', labels: { app: 'web' } },
      spec: { ...POD.spec, nodeName: 'n1' },
    });
    await cluster.patch('pods', 'a', report(true), 'status');
    await cluster.settle();
    const seen = () => slices().flatMap(({ endpoints: all = [] }) => all.map(({ zone, hints }) => ({ zone, hints })));
    expect(seen()).toEqual([{ zone: 'a', hints: undefined }]);
    await cluster.patch('services', 'web', { spec: { trafficDistribution: 'PreferClose' } });
    await cluster.settle();
    expect(seen()).toEqual([{ zone: 'a', hints: { forZones: [{ name: 'a' }] } }]);
    await cluster.patch('nodes', 'n1', node('b'));
    await cluster.settle();
    expect(seen()).toEqual([{ zone: 'b', hints: { forZones: [{ name: 'b' }] } }]);
    await cluster.patch('pods', 'a', report(false), 'status');
    await cluster.settle();
    expect(seen()).toEqual([{ zone: 'b', hints: undefined }]);
    const quiet = cluster.log.length;
    await cluster.patch('nodes', 'n1', { metadata: { labels: { other: 'x' } } });
    await cluster.settle();
    expect(cluster.log).toHaveLength(quiet + 1);
  });

  it('mirrors the Endpoints that a user keeps for a Service without selector, and lets them go with it', async () => {
    await cluster.create('services', { metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } });
    const subsets = [
      { addresses: [{ ip: '192.0.2.1' }], notReadyAddresses: [{ ip: '192.0.2.2' }], ports: [{ port: 80 }] },
    ];
    await cluster.create('endpoints', { metadata: { name: 'web' }, subsets });
    await cluster.settle();
    expect(slices()).toMatchObject([
      {
        metadata: { labels: { 'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io' } },
        endpoints: [
          { addresses: ['192.0.2.1'], conditions: { ready: true } },
          { addresses: ['192.0.2.2'], conditions: { ready: false } },
        ],
      },
    ]);
    await cluster.delete('services', 'web');
    await cluster.settle();
    expect([...names(slices()), endpoints()]).toEqual([undefined]);
  });

  it('keeps Endpoints that were made ahead of their Service', async () => {
    await cluster.create('endpoints', { metadata: { name: 'web' }, subsets: [{ addresses: [{ ip: '192.0.2.1' }] }] });
    await cluster.settle();
    expect(endpoints()).toBeDefined();
    expect(slices()).toEqual([]);
  });
});
