import { aService, anEndpoint, aSlice } from '../testing/builders';
import { NodeServices } from './node-services';

const aNode = (name: string, zone?: string) => ({
  kind: 'Node',
  metadata: { name, labels: zone === undefined ? undefined : { 'topology.kubernetes.io/zone': zone } },
});
const inZone = (ip: string, zone: string) => anEndpoint(ip, { hints: { forZones: [{ name: zone }] } });

describe('the services of a node', () => {
  it('are all looked at again when the node is in another zone, and not when it only says that it lives', () => {
    const services = new NodeServices('n1');
    expect(services.apply({ after: aNode('n1') })).toEqual([]);
    services.apply({ after: aService('web') });
    services.apply({ after: aSlice('web', [inZone('10.244.1.2', 'a'), inZone('10.244.2.2', 'b')]) });
    const backends = () => {
      const route = services.portsOf('default/web')[0]?.internal;
      return route?.kind === 'spread' ? route.backends.map(({ ip }) => ip) : [];
    };
    expect(backends()).toHaveLength(2);
    expect(services.apply({ after: aNode('n1', 'b') })).toEqual(['default/web']);
    expect(backends()).toEqual(['10.244.2.2']);
    expect(services.apply({ before: aNode('n1', 'b'), after: aNode('n1', 'b') })).toEqual([]);
    expect(services.apply({ before: aNode('n1', 'b') })).toEqual(['default/web']);
    expect(backends()).toHaveLength(2);
  });

  it('are served as by a machine in front of the nodes while no Node has its name', () => {
    const services = new NodeServices('n1');
    services.apply({ after: aService('web', { internalTrafficPolicy: 'Local' }) });
    services.apply({ after: aSlice('web', [anEndpoint('10.244.2.2', { nodeName: 'n2' })]) });
    const route = () => services.portsOf('default/web')[0]?.internal.kind;
    expect(route()).toBe('spread');
    expect(services.apply({ after: aNode('n1') })).toEqual(['default/web']);
    expect(route()).toBe('drop');
    expect(services.apply({ before: aNode('n1') })).toEqual(['default/web']);
    expect(route()).toBe('spread');
  });

  it('tell balancers of ready endpoints here, where a Local policy makes balancers ask', () => {
    const services = new NodeServices('n1');
    const spec = { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 30_500 } as const;
    services.apply({ after: aService('web', spec) });
    const ending = { ready: false, serving: true, terminating: true };
    const endpoints = [
      anEndpoint('10.244.1.2'),
      anEndpoint('10.244.1.3', { conditions: ending }),
      anEndpoint('10.244.2.2', { nodeName: 'n2' }),
    ];
    services.apply({ after: aSlice('web', endpoints) });
    // A pod of both families is an endpoint in each, and still one.
    const ofIpv6 = aSlice('web', [anEndpoint('fd00:10:244:1::2')], { addressType: 'IPv6' });
    services.apply({ after: { ...ofIpv6, metadata: { ...ofIpv6.metadata, name: 'web-2' } } });
    services.apply({ after: aService('plain', { type: 'LoadBalancer' }) });
    expect(services.healthCheckOf('default/web')).toEqual({
      port: 30_500,
      namespace: 'default',
      name: 'web',
      localEndpoints: 1,
    });
    expect(services.healthCheckOf('default/plain')).toBeUndefined();
    expect(services.healthCheckOf('default/gone')).toBeUndefined();
  });
});
