import { aService, anEndpoint, aSlice } from '../testing/builders';
import { planServicePorts } from './plan-service-ports';

const plan = (...[service, slices]: [ReturnType<typeof aService>, ReturnType<typeof aSlice>[]]) =>
  planServicePorts(service, slices, { name: 'n1' })[0];

describe('a service as a node sees it', () => {
  it('spreads over the ready endpoints of all its slices, each once, in a fixed order', () => {
    const slices = [
      aSlice('web', [anEndpoint('10.244.1.3'), anEndpoint('10.244.2.2', { nodeName: 'n2' })]),
      aSlice('web', [
        anEndpoint('10.244.1.2'),
        anEndpoint('10.244.1.3'),
        anEndpoint('10.244.1.9', { conditions: { ready: false } }),
      ]),
    ];
    expect(plan(aService('web'), slices)?.internal).toEqual({
      kind: 'spread',
      backends: ['10.244.1.2', '10.244.1.3', '10.244.2.2'].map((ip) => ({ ip, port: 8080 })),
    });
    expect(plan(aService('web'), slices.reverse())?.internal).toEqual(
      plan(aService('web'), slices.reverse())?.internal,
    );
  });

  it('takes endpoints that end but still serve when no other is ready', () => {
    const ending = anEndpoint('10.244.1.2', { conditions: { ready: false, serving: true, terminating: true } });
    const dead = anEndpoint('10.244.1.3', { conditions: { ready: false, serving: false, terminating: true } });
    const ready = anEndpoint('10.244.1.4');
    expect(plan(aService('web'), [aSlice('web', [ending, dead])])?.internal).toMatchObject({
      backends: [{ ip: '10.244.1.2' }],
    });
    expect(plan(aService('web'), [aSlice('web', [ending, dead, ready])])?.internal).toMatchObject({
      backends: [{ ip: '10.244.1.4' }],
    });
    expect(plan(aService('web'), [aSlice('web', [dead])])?.internal).toEqual({ kind: 'refuse' });
  });

  it('takes an endpoint without conditions as ready', () => {
    const port = plan(aService('web'), [aSlice('web', [anEndpoint('10.244.1.2', { conditions: {} })])]);
    expect(port?.internal.kind).toBe('spread');
  });

  it('finds the slice port by the name of the service port', () => {
    const service = aService('web', {
      ports: [
        { name: 'http', port: 80, protocol: 'TCP' },
        { name: 'dns', port: 53, protocol: 'UDP' },
      ],
    });
    const slice = aSlice('web', [anEndpoint('10.244.1.2')], {
      ports: [
        { name: 'dns', port: 5353 },
        { name: 'http', port: 8080 },
      ],
    });
    expect(
      planServicePorts(service, [slice], { name: 'n1' }).map((item) => [item.key, item.protocol, item.internal]),
    ).toEqual([
      ['default/web:http', 'tcp', { kind: 'spread', backends: [{ ip: '10.244.1.2', port: 8080 }] }],
      ['default/web:dns', 'udp', { kind: 'spread', backends: [{ ip: '10.244.1.2', port: 5353 }] }],
    ]);
  });

  it('keeps a Local policy to this node, drops when only others have endpoints, refuses when nobody has', () => {
    const here = anEndpoint('10.244.1.2');
    const there = anEndpoint('10.244.2.2', { nodeName: 'n2' });
    const service = aService('web', {
      type: 'NodePort',
      internalTrafficPolicy: 'Local',
      externalTrafficPolicy: 'Local',
    });
    const local = { kind: 'spread', backends: [{ ip: '10.244.1.2', port: 8080 }] };
    expect(plan(service, [aSlice('web', [here, there])])).toMatchObject({
      internal: local,
      outside: local,
      external: { backends: [{ ip: '10.244.1.2' }, { ip: '10.244.2.2' }] },
    });
    expect(plan(service, [aSlice('web', [there])])).toMatchObject({
      internal: { kind: 'drop' },
      outside: { kind: 'drop' },
    });
    expect(plan(service, [])).toMatchObject({
      internal: { kind: 'refuse' },
      external: { kind: 'refuse' },
      outside: undefined,
    });
  });

  it('knows no Local policy on a machine that is no node: nothing would be there', () => {
    const policies = { internalTrafficPolicy: 'Local', externalTrafficPolicy: 'Local' } as const;
    const service = aService('web', { type: 'NodePort', ...policies });
    const [port] = planServicePorts(service, [aSlice('web', [anEndpoint('10.244.1.2')])], {
      name: 'host',
      isNoNode: true,
    });
    const all = { kind: 'spread', backends: [{ ip: '10.244.1.2', port: 8080 }] };
    expect(port).toMatchObject({ internal: all, external: all, outside: undefined });
  });

  it('has affinity for three hours unless the service says how long', () => {
    expect(plan(aService('web', { sessionAffinity: 'ClientIP' }), [])?.affinitySeconds).toBe(10_800);
    const config = { clientIP: { timeoutSeconds: 60 } };
    expect(
      plan(aService('web', { sessionAffinity: 'ClientIP', sessionAffinityConfig: config }), [])?.affinitySeconds,
    ).toBe(60);
    expect(plan(aService('web', { sessionAffinity: 'None' }), [])?.affinitySeconds).toBeUndefined();
  });

  it('leads clients to endpoints that are meant for their zone, when all have hints and some are for it', () => {
    const inZone = (ip: string, ...zones: string[]) =>
      anEndpoint(ip, { hints: { forZones: zones.map((name) => ({ name })) } });
    const ipsIn = (zone: string | undefined, ...endpoints: ReturnType<typeof anEndpoint>[]) => {
      const port = planServicePorts(aService('web'), [aSlice('web', endpoints)], { name: 'n1', zone })[0];
      return port?.internal.kind === 'spread' ? port.internal.backends.map(({ ip }) => ip) : [];
    };
    const [a, b, both] = [inZone('10.244.1.1', 'a'), inZone('10.244.1.2', 'b'), inZone('10.244.1.3', 'a', 'b')];
    expect(ipsIn('a', a, b, both)).toEqual(['10.244.1.1', '10.244.1.3']);
    expect(ipsIn('c', a, b)).toEqual(['10.244.1.1', '10.244.1.2']);
    expect(ipsIn(undefined, a, b)).toEqual(['10.244.1.1', '10.244.1.2']);
    expect(ipsIn('a', a, b, anEndpoint('10.244.1.4'))).toEqual(['10.244.1.1', '10.244.1.2', '10.244.1.4']);
    const ending = { ready: false, serving: true, terminating: true };
    expect(ipsIn('a', { ...a, conditions: ending }, b)).toEqual(['10.244.1.2']);
    expect(ipsIn('a', { ...a, conditions: ending }, { ...b, conditions: ending })).toEqual([
      '10.244.1.1',
      '10.244.1.2',
    ]);
  });

  it.each(['127.0.0.1', '169.254.169.254', '0.0.0.0', '224.0.0.1'])('never leads to %s, nor claims it', (ip) => {
    const service = aService('web', { type: 'LoadBalancer', externalIPs: [ip, '203.0.113.7'] });
    const balanced = { ...service, status: { loadBalancer: { ingress: [{ ip }] } } };
    const port = plan(balanced, [aSlice('web', [anEndpoint(ip), anEndpoint('10.244.1.2')])]);
    expect(port?.internal).toEqual({ kind: 'spread', backends: [{ ip: '10.244.1.2', port: 8080 }] });
    expect(port?.externalIPs).toEqual(['203.0.113.7']);
    expect(plan(aService('web', { clusterIP: ip }), [])).toBeUndefined();
  });

  it('answers on its load balancer’s addresses, but for those of one that translates them itself', () => {
    const service = aService('web', { type: 'LoadBalancer', externalIPs: ['203.0.113.7'] });
    const ingress = [{ ip: '192.0.2.10' }, { ip: '192.0.2.11', ipMode: 'Proxy' }, { hostname: 'a.example' }];
    const withStatus = { ...service, status: { loadBalancer: { ingress } } };
    expect(plan(withStatus, [])?.externalIPs).toEqual(['203.0.113.7', '192.0.2.10']);
    expect(plan({ ...withStatus, spec: { ...service.spec, type: 'ClusterIP' } }, [])?.externalIPs).toEqual([
      '203.0.113.7',
    ]);
  });

  it('lets only clients of some networks use the load balancer’s addresses, each network once', () => {
    const restrictedTo = (loadBalancerSourceRanges: string[] | undefined) => {
      const service = aService('web', { type: 'LoadBalancer', loadBalancerSourceRanges });
      return plan({ ...service, status: { loadBalancer: { ingress: [{ ip: '192.0.2.10' }] } } }, [])?.restricted;
    };
    expect(restrictedTo(undefined)).toBeUndefined();
    expect(restrictedTo([' 10.1.0.0/16', '10.0.0.0/8', '192.168.1.7/24', '192.168.1.0/24', '2001:db8::/32'])).toEqual({
      addresses: ['192.0.2.10'],
      sources: ['10.0.0.0/8', '192.168.1.0/24'],
    });
    expect(restrictedTo(['2001:db8::/32'])).toEqual({ addresses: ['192.0.2.10'], sources: [] });
  });

  describe('of both families', () => {
    const clusterIPs = ['10.96.0.10', 'FD00:10:96::000A'];
    const v6Slice = (...ips: string[]) =>
      aSlice(
        'web',
        ips.map((ip) => anEndpoint(ip)),
        { addressType: 'IPv6' },
      );
    const both = [aSlice('web', [anEndpoint('10.244.1.2')]), v6Slice('fd00:10:244:1::2')];
    const plans = (spec: Parameters<typeof aService>[1], slices = both) =>
      planServicePorts(aService('web', { clusterIPs, ...spec }), slices, { name: 'n1' });

    it('has each port twice, each with the addresses and endpoints of its own family, in canonical form', () => {
      const external = ['203.0.113.7', '2001:DB8:0::7'];
      expect(plans({ type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }], externalIPs: external })).toMatchObject([
        {
          family: 'IPv4',
          clusterIP: '10.96.0.10',
          nodePort: 30080,
          externalIPs: ['203.0.113.7'],
          internal: { backends: [{ ip: '10.244.1.2', port: 8080 }] },
          own: ['10.244.1.2'],
        },
        {
          family: 'IPv6',
          clusterIP: 'fd00:10:96::a',
          nodePort: 30080,
          externalIPs: ['2001:db8::7'],
          internal: { backends: [{ ip: 'fd00:10:244:1::2', port: 8080 }] },
          own: ['fd00:10:244:1::2'],
        },
      ]);
    });

    it('is of one family where it has one address, whatever slices there are', () => {
      expect(plans({ clusterIPs: ['10.96.0.10'] }).map(({ family }) => family)).toEqual(['IPv4']);
      const lone = { clusterIP: 'fd00:10:96::a', clusterIPs: ['fd00:10:96::a'] };
      expect(plans(lone).map(({ family }) => family)).toEqual(['IPv6']);
      expect(plans(lone, both.slice(0, 1))[0]?.internal).toEqual({ kind: 'refuse' });
    });

    it('has policies in each family by its own endpoints', () => {
      const there = anEndpoint('fd00:10:244:2::2', { nodeName: 'n2' });
      const slices = [...both.slice(0, 1), aSlice('web', [there], { addressType: 'IPv6' })];
      const local = plans({ internalTrafficPolicy: 'Local' }, slices);
      expect(local.map(({ internal }) => internal.kind)).toEqual(['spread', 'drop']);
    });

    it('lets only networks of a family use its load balancer’s addresses, and nobody where none are of it', () => {
      const restrictedTo = (loadBalancerSourceRanges: string[]) => {
        const service = aService('web', { type: 'LoadBalancer', clusterIPs, loadBalancerSourceRanges });
        const ingress = [{ ip: '192.0.2.10' }, { ip: '2001:db8::10' }];
        const balanced = { ...service, status: { loadBalancer: { ingress } } };
        return planServicePorts(balanced, [], { name: 'n1' }).map(({ restricted }) => restricted);
      };
      expect(restrictedTo(['2001:DB8:1::/48', '2001:db8:1:5::/64', '10.0.0.0/8'])).toEqual([
        { addresses: ['192.0.2.10'], sources: ['10.0.0.0/8'] },
        { addresses: ['2001:db8::10'], sources: ['2001:db8:1::/48'] },
      ]);
      expect(restrictedTo(['10.0.0.0/8'])[1]).toEqual({ addresses: ['2001:db8::10'], sources: [] });
    });

    it.each([
      '::1',
      '::',
      'fe80::1',
      'ff02::1',
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
      '::ffff:10.0.0.1',
      'fe80::1%eth0',
    ])('never leads to %s, nor claims it', (ip) => {
      const [, port] = plans({ externalIPs: [ip] }, [v6Slice(ip, 'fd00:10:244:1::2')]);
      expect(port?.internal).toMatchObject({ backends: [{ ip: 'fd00:10:244:1::2' }] });
      expect(port?.externalIPs).toEqual([]);
      expect(plans({ clusterIPs: ['10.96.0.10', ip] })).toHaveLength(1);
    });
  });

  it.each([
    ['headless', aService('web', { clusterIP: 'None' })],
    ['an external name', aService('web', { type: 'ExternalName', clusterIP: undefined })],
    ['without an address yet', aService('web', { clusterIP: '' })],
    [
      'another proxy’s',
      { ...aService('web'), metadata: { name: 'web', labels: { 'service.kubernetes.io/service-proxy-name': 'x' } } },
    ],
  ])('leaves a service alone that is %s', (_, service) => {
    expect(planServicePorts(service, [aSlice('web', [anEndpoint('10.244.1.2')])], { name: 'n1' })).toEqual([]);
  });
});
