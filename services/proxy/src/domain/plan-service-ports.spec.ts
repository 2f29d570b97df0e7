import { aService, anEndpoint, aSlice } from '../testing/builders';
import { planServicePorts } from './plan-service-ports';

const plan = (...[service, slices]: [ReturnType<typeof aService>, ReturnType<typeof aSlice>[]]) =>
  planServicePorts(service, slices, 'n1')[0];

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
    expect(planServicePorts(service, [slice], 'n1').map((item) => [item.key, item.protocol, item.internal])).toEqual([
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

  it('has affinity for three hours unless the service says how long', () => {
    expect(plan(aService('web', { sessionAffinity: 'ClientIP' }), [])?.affinitySeconds).toBe(10_800);
    const config = { clientIP: { timeoutSeconds: 60 } };
    expect(
      plan(aService('web', { sessionAffinity: 'ClientIP', sessionAffinityConfig: config }), [])?.affinitySeconds,
    ).toBe(60);
    expect(plan(aService('web', { sessionAffinity: 'None' }), [])?.affinitySeconds).toBeUndefined();
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
    expect(planServicePorts(service, [aSlice('web', [anEndpoint('10.244.1.2')])], 'n1')).toEqual([]);
  });
});
