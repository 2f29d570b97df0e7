import { builtIn, type ServiceSpec, type StoredObject } from '@shiplog/contracts';
import fc from 'fast-check';
import { admitCreate } from '../create';
import { admitUpdate } from '../update';
import { FewObjects, aService, admission, created, fieldsOf, rejectionOf, valueOf } from '../testing/builders';

const specOf = (spec: Partial<ServiceSpec>, ctx = admission()) =>
  valueOf(admitCreate(builtIn('services'), aService(spec), ctx))['spec'] as ServiceSpec;
const refusal = (spec: Partial<ServiceSpec>, ctx = admission()) =>
  rejectionOf(admitCreate(builtIn('services'), aService(spec), ctx)).details?.causes ?? [];
const withService = (spec: Partial<ServiceSpec>) =>
  admission({ state: new FewObjects().put('services', created('services', aService(spec, { name: 'first' }))) });

describe('a new service', () => {
  it('that wants no node ports of its own is held to the range for those that it names', () => {
    const spec = { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false };
    expect(specOf({ ...spec, ports: [{ port: 80 }] }).ports?.[0]).not.toHaveProperty('nodePort');
    expect(specOf({ ...spec, ports: [{ port: 80, nodePort: 30080 }] }).ports?.[0]?.nodePort).toBe(30080);
    expect(refusal({ ...spec, ports: [{ port: 80, nodePort: 99999 }] })).toMatchObject([
      { field: 'spec.ports[0].nodePort' },
    ]);
  });

  it('gets what Kubernetes fills in, and an address of its own', () => {
    const spec = specOf({});
    expect(spec).toEqual({
      clusterIP: expect.stringMatching(/^10\.96\./),
      clusterIPs: [spec.clusterIP],
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
      selector: { app: 'web' },
      sessionAffinity: 'None',
      type: 'ClusterIP',
    });
  });

  it('gets the same address from the same seed, and another when that is taken', () => {
    const first = specOf({}).clusterIP;
    expect(specOf({}).clusterIP).toBe(first);
    expect(specOf({}, withService({})).clusterIP).not.toBe(first);
  });

  it('never shares an address or a node port, up to the last of a small range', () => {
    const settings = {
      serviceCidr: '10.0.0.0/28',
      clusterCidr: '10.244.0.0/16',
      nodePortRange: [30000, 30013] as const,
    };
    fc.assert(
      fc.property(fc.uniqueArray(fc.uuid(), { minLength: 15, maxLength: 15 }), (seeds) => {
        const state = new FewObjects();
        const addresses = new Set<string>();
        const ports = new Set<number>();
        seeds.forEach((seed, i) => {
          const object = aService({ type: 'NodePort' }, { name: `s${i}` });
          const result = admitCreate(
            builtIn('services'),
            object,
            admission({ state, seed, settings: { ...settings, nodePortRange: [30000, 30013] } }),
          );
          expect(result.ok).toBe(i < 14);
          if (!result.ok) return;
          const spec = result.value['spec'] as ServiceSpec;
          addresses.add(spec.clusterIP ?? '');
          ports.add(spec.ports?.[0]?.nodePort ?? 0);
          state.put('services', result.value as StoredObject);
        });
        expect(addresses.size).toBe(14);
        expect(ports.size).toBe(14);
      }),
      { numRuns: 20 },
    );
  });

  it('takes the address it asks for, if that is free and in the range', () => {
    expect(specOf({ clusterIP: '10.96.0.1' }).clusterIPs).toEqual(['10.96.0.1']);
    expect(refusal({ clusterIP: '10.97.0.1' })[0]).toMatchObject({
      field: 'spec.clusterIPs',
      message: expect.stringContaining('The range of valid IPs is 10.96.0.0/16'),
    });
    expect(refusal({ clusterIP: '10.96.0.9' }, withService({ clusterIP: '10.96.0.9' }))[0]?.message).toContain(
      'provided IP is already allocated',
    );
    expect(refusal({ clusterIP: 'ten' })[0]?.field).toBe('spec.clusterIPs[0]');
  });

  it('can be headless, or a name elsewhere', () => {
    expect(specOf({ clusterIP: 'None' })).toMatchObject({ clusterIP: 'None', clusterIPs: ['None'] });
    const external = specOf({ type: 'ExternalName', externalName: 'example.com', ports: undefined });
    expect(external).toEqual({
      type: 'ExternalName',
      externalName: 'example.com',
      selector: { app: 'web' },
      sessionAffinity: 'None',
    });
    expect(refusal({ type: 'ExternalName' })[0]).toMatchObject({
      field: 'spec.externalName',
      reason: 'FieldValueRequired',
    });
  });

  it('as NodePort gets a port of the range for each of its own', () => {
    const spec = specOf({
      type: 'NodePort',
      ports: [
        { name: 'a', port: 80 },
        { name: 'b', port: 81, nodePort: 30080 },
      ],
    });
    expect(spec.externalTrafficPolicy).toBe('Cluster');
    expect(spec.ports?.[1]?.nodePort).toBe(30080);
    expect(spec.ports?.[0]?.nodePort).toBeGreaterThanOrEqual(30000);
    expect(spec.ports?.[0]?.nodePort).toBeLessThanOrEqual(32767);
  });

  const reached = (ports: ServiceSpec['ports'], ctx = admission()) =>
    specOf({ type: 'NodePort', ports }, ctx).ports?.map(({ nodePort }) => nodePort);

  it('has one node port for one number of its own in several protocols, the one that is asked for if one is', () => {
    const tcp = { name: 'tcp', port: 53 };
    const udp = { name: 'udp', port: 53, protocol: 'UDP' };
    const [first, second, other] = reached([tcp, udp, { name: 'other', port: 54 }]) ?? [];
    expect(second).toBe(first);
    expect(other).not.toBe(first);
    expect(reached([tcp, { ...udp, nodePort: 30053 }])).toEqual([30053, 30053]);
    expect(
      reached([
        { ...tcp, nodePort: 30054 },
        { ...udp, nodePort: 30053 },
      ]),
    ).toEqual([30054, 30053]);
  });

  it('shares no node port with another service, in no other protocol either', () => {
    const taken = withService({ type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] });
    const ports = [{ port: 80, protocol: 'UDP', nodePort: 30080 }];
    expect(refusal({ type: 'NodePort', ports }, taken)[0]?.message).toContain('provided port is already allocated');
  });

  describe('that a balancer sends to only where its pods are', () => {
    const local = { type: 'LoadBalancer', externalTrafficPolicy: 'Local' };

    it('has a node port for the health check, which nobody else gets', () => {
      const { healthCheckNodePort: port = 0, ports } = specOf(local);
      expect(port).toBeGreaterThanOrEqual(30000);
      expect(ports?.[0]?.nodePort).not.toBe(port);
      const taken = withService({ ...local, healthCheckNodePort: 30099 });
      expect(refusal({ type: 'NodePort', ports: [{ port: 80, nodePort: 30099 }] }, taken)[0]?.message).toContain(
        'already allocated',
      );
      expect(refusal({ ...local, healthCheckNodePort: 30099 }, taken)[0]).toMatchObject({
        field: 'spec.healthCheckNodePort',
        message: expect.stringContaining('failed to allocate requested HealthCheck NodePort 30099'),
      });
    });

    it('has it without node ports for its traffic, and the one that it asks for', () => {
      const spec = specOf({ ...local, allocateLoadBalancerNodePorts: false, healthCheckNodePort: 30099 });
      expect(spec.healthCheckNodePort).toBe(30099);
      expect(spec.ports?.[0]?.nodePort).toBeUndefined();
      expect(refusal({ ...local, healthCheckNodePort: 99 })[0]?.message).toContain('not in the valid range');
    });

    it('keeps it when it is replaced by its manifest, gets one when it becomes such a service, and gives it up after', () => {
      const before = created('services', aService(local));
      const became = (spec: Partial<ServiceSpec>, from: StoredObject) =>
        valueOf(admitUpdate(builtIn('services'), undefined, from, aService(spec), admission()))['spec'] as ServiceSpec;
      const port = (before['spec'] as ServiceSpec).healthCheckNodePort;
      expect(became(local, before).healthCheckNodePort).toBe(port);
      expect(became({ ...local, externalTrafficPolicy: 'Cluster' }, before).healthCheckNodePort).toBeUndefined();
      const cluster = created('services', aService({ type: 'LoadBalancer' }));
      expect(became(local, cluster).healthCheckNodePort).toBeGreaterThanOrEqual(30000);
    });
  });

  it('is refused a node port that is taken or out of range', () => {
    const taken = withService({ type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] });
    const ports = [{ port: 80, nodePort: 30080 }];
    expect(refusal({ type: 'NodePort', ports }, taken)).toEqual([
      {
        field: 'spec.ports[0].nodePort',
        reason: 'FieldValueInvalid',
        message: 'Invalid value: 30080: provided port is already allocated',
      },
    ]);
    expect(refusal({ type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] })[0]?.message).toBe(
      'Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
    );
    expect(refusal({ ports })[0]).toMatchObject({ field: 'spec.ports[0].nodePort', reason: 'FieldValueForbidden' });
  });

  it('keeps its clients with a time-out of three hours when it is sticky', () => {
    expect(specOf({ sessionAffinity: 'ClientIP' }).sessionAffinityConfig).toEqual({
      clientIP: { timeoutSeconds: 10800 },
    });
  });

  it.each([
    ['without ports', { ports: [] }, ['spec.ports']],
    ['with two unnamed ports', { ports: [{ port: 1 }, { port: 2 }] }, ['spec.ports[0].name', 'spec.ports[1].name']],
    [
      'with a port twice',
      {
        ports: [
          { name: 'a', port: 1 },
          { name: 'b', port: 1 },
        ],
      },
      ['spec.ports[1]'],
    ],
    ['with an unknown type', { type: 'Magic' }, ['spec.type']],
    ['with a port 0', { ports: [{ port: 0, targetPort: 80 }] }, ['spec.ports[0].port']],
    ['with an impossible target', { ports: [{ port: 1, targetPort: 'not a name' }] }, ['spec.ports[0].targetPort']],
  ])('is refused %s', (_what, spec, fields) => {
    expect(refusal(spec as Partial<ServiceSpec>).map(({ field }) => field)).toEqual(fields);
  });

  it('has a name that can begin an environment variable', () => {
    expect(fieldsOf(admitCreate(builtIn('services'), aService({}, { name: '1web' }), admission()))).toEqual([
      'metadata.name',
    ]);
  });
});

describe('a service that is there', () => {
  const before = created(
    'services',
    aService({ type: 'NodePort', clusterIP: '10.96.1.1', ports: [{ port: 80, nodePort: 30080 }] }),
  );
  const update = (spec: Partial<ServiceSpec>) =>
    admitUpdate(builtIn('services'), undefined, before, aService(spec), admission());

  it('keeps its address and node port when its manifest is sent again', () => {
    const after = valueOf(update({ type: 'NodePort' }));
    expect(after['spec']).toBe(before['spec']);
  });

  it('never changes its address', () => {
    expect(rejectionOf(update({ clusterIP: '10.96.1.2' })).message).toContain(
      'spec.clusterIPs[0]: Invalid value: []string{"10.96.1.2"}: may not change once set',
    );
    expect(fieldsOf(update({ ...before.spec, clusterIP: '10.96.1.2' }))).toEqual(['spec.clusterIPs[0]']);
  });

  it('loses its node ports when it becomes a ClusterIP service, also if they are sent along', () => {
    const after = valueOf(update({ ...before.spec, type: 'ClusterIP' }));
    expect(after['spec']).toMatchObject({ type: 'ClusterIP', clusterIP: '10.96.1.1', ports: [{ port: 80 }] });
    expect(JSON.stringify(after['spec'])).not.toMatch(/nodePort|externalTrafficPolicy/);
  });

  it('gives up its address when it becomes a name, and gets one when it is a service again', () => {
    const name = valueOf(update({ ...before.spec, type: 'ExternalName', externalName: 'example.com' }));
    expect(JSON.stringify(name['spec'])).not.toMatch(/clusterIP|ipFamil/);
    const back = admitUpdate(builtIn('services'), undefined, name as StoredObject, aService(), admission());
    expect(valueOf(back)['spec']).toMatchObject({ clusterIP: expect.stringMatching(/^10\.96/) });
  });
});

describe('the status of a service', () => {
  it('names load balancers by address', () => {
    const before = created('services', aService({ type: 'LoadBalancer' }));
    const withIngress = (ip: string) =>
      admitUpdate(
        builtIn('services'),
        'status',
        before,
        { ...before, status: { loadBalancer: { ingress: [{ ip }] } } },
        admission(),
      );
    expect(valueOf(withIngress('192.0.2.7'))).toMatchObject({
      status: { loadBalancer: { ingress: [{ ip: '192.0.2.7' }] } },
    });
    expect(fieldsOf(withIngress('192.0.2.7; x'))).toEqual(['status.loadBalancer.ingress[0].ip']);
  });
});
