import { aService, anEndpoint, aSlice } from '../../testing/builders';
import { NODE, OUTSIDE, POD, Scene } from '../../testing/scene';

const TWO = [aSlice('web', [anEndpoint('10.244.1.2'), anEndpoint('10.244.2.2', { nodeName: 'n2' })])];
const FIVE = [
  aSlice(
    'web',
    [2, 3, 4, 5, 6].map((last) => anEndpoint(`10.244.1.${last}`)),
  ),
];
const NODE_PORT = aService('web', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080, protocol: 'TCP' }] });

describe.each(['IPv4', 'IPv6'] as const)('a packet of %s to a service', (family) => {
  it('from a pod reaches every endpoint and keeps its source', () => {
    const scene = new Scene(family).with(aService('web'), TWO);
    expect(scene.spread({})).toEqual(['10.244.1.2:8080', '10.244.2.2:8080']);
    expect(scene.trace({})).toMatchObject({ verdict: 'forwarded', source: POD });
  });

  it('from a process of the node, or from outside, gets the node as its source', () => {
    const scene = new Scene(family).with(aService('web'), TWO);
    expect(scene.trace({ from: 'process', saddr: NODE })).toMatchObject({ to: '10.244.1.2:8080', source: 'node' });
    expect(scene.trace({ saddr: OUTSIDE })).toMatchObject({ to: '10.244.1.2:8080', source: 'node' });
  });

  it('from its own endpoint gets the node as its source, so that the answer comes back translated', () => {
    const scene = new Scene(family).with(aService('web'), TWO);
    expect(scene.trace({ saddr: '10.244.1.2' })).toMatchObject({ to: '10.244.1.2:8080', source: 'node' });
  });

  it('reaches a node port on every address of the node, and on no other', () => {
    const scene = new Scene(family).with(NODE_PORT, TWO);
    expect(scene.spread({ saddr: OUTSIDE, daddr: NODE, dport: 30080 })).toEqual(['10.244.1.2:8080', '10.244.2.2:8080']);
    expect(scene.trace({ daddr: '192.168.9.9', dport: 30080 }).to).toBe('192.168.9.9:30080');
  });

  it('of SCTP goes as any other', () => {
    const ports = [{ port: 36_412, nodePort: 30_412, protocol: 'SCTP' as const }];
    const scene = new Scene(family).with(aService('core', { type: 'NodePort', ports }), TWO);
    const ends = ['10.244.1.2:8080', '10.244.2.2:8080'];
    expect(scene.spread({ proto: 'sctp', dport: 36_412 })).toEqual(ends);
    expect(scene.spread({ proto: 'sctp', saddr: OUTSIDE, daddr: NODE, dport: 30_412 })).toEqual(ends);
    expect(scene.trace({ dport: 36_412 })).toMatchObject({ verdict: 'reset' });
    scene.with(aService('core', { ports }), []);
    expect(scene.trace({ proto: 'sctp', dport: 36_412 })).toMatchObject({ verdict: 'unreachable' });
  });

  it('to another protocol or port of the service is refused', () => {
    const scene = new Scene(family).with(aService('web'), TWO);
    expect(scene.trace({ proto: 'udp' })).toMatchObject({ verdict: 'unreachable' });
    expect(scene.trace({ dport: 81 })).toMatchObject({ verdict: 'reset' });
  });

  it('is refused at once where the service has no endpoints, wherever it comes from', () => {
    const scene = new Scene(family).with(NODE_PORT, []);
    expect(scene.trace({})).toMatchObject({ verdict: 'reset' });
    expect(scene.trace({ from: 'process', saddr: NODE })).toMatchObject({ verdict: 'reset' });
    expect(scene.trace({ saddr: OUTSIDE, daddr: NODE, dport: 30080 })).toMatchObject({ verdict: 'reset' });
    const udp = aService('web', { ports: [{ port: 80, protocol: 'UDP' }] });
    expect(scene.with(udp, []).trace({ proto: 'udp' })).toMatchObject({ verdict: 'unreachable' });
  });

  it('follows endpoints as they come and go', () => {
    const scene = new Scene(family).with(NODE_PORT, []).with(NODE_PORT, TWO);
    expect(scene.trace({})).toMatchObject({ verdict: 'forwarded' });
    const five = ['2', '3', '4', '5', '6'].map((last) => anEndpoint(`10.244.1.${last}`));
    expect(scene.with(NODE_PORT, [aSlice('web', five)]).spread({}, 60)).toHaveLength(5);
    expect(scene.with(NODE_PORT, [aSlice('web', five.slice(3))]).spread({})).toEqual([
      '10.244.1.5:8080',
      '10.244.1.6:8080',
    ]);
    expect(scene.with(NODE_PORT, []).trace({})).toMatchObject({ verdict: 'reset' });
    expect(scene.without('web').trace({ daddr: NODE, dport: 30080 })).toMatchObject({ verdict: 'delivered' });
  });

  it('reaches an external IP like the cluster IP, but from outside only local endpoints under a Local policy', () => {
    const service = aService('web', {
      ...NODE_PORT.spec,
      externalIPs: ['203.0.113.7'],
      externalTrafficPolicy: 'Local',
    });
    const scene = new Scene(family).with(service, TWO);
    expect(scene.spread({ daddr: '203.0.113.7' })).toHaveLength(2);
    expect(scene.spread({ saddr: OUTSIDE, daddr: '203.0.113.7' })).toEqual(['10.244.1.2:8080']);
    expect(scene.trace({ saddr: OUTSIDE, daddr: '203.0.113.7' }).source).toBe(OUTSIDE);
    expect(scene.trace({ saddr: OUTSIDE, daddr: NODE, dport: 30080 })).toMatchObject({
      to: '10.244.1.2:8080',
      source: OUTSIDE,
    });
    expect(scene.trace({ saddr: OUTSIDE })).toMatchObject({ source: 'node' });
    expect(scene.trace({ from: 'process', saddr: NODE, daddr: NODE, dport: 30080 }).source).toBe('node');
  });

  it('keeps its client under a Local policy, whatever other services have the same endpoints', () => {
    const local = aService('m-local', { ...NODE_PORT.spec, clusterIP: '10.96.0.11', externalTrafficPolicy: 'Local' });
    const scene = new Scene(family).with(local, [aSlice('m-local', [anEndpoint('10.244.1.2')])]);
    const source = () => scene.trace({ saddr: OUTSIDE, daddr: NODE, dport: 30080 }).source;
    expect(source()).toBe(OUTSIDE);
    for (const name of ['a', 'z']) {
      scene.with(aService(name, { clusterIP: '10.96.0.10' }), [aSlice(name, [anEndpoint('10.244.1.2')])]);
      expect(source()).toBe(OUTSIDE);
      expect(scene.trace({ saddr: OUTSIDE }).source).toBe('node');
      scene.without(name);
    }
  });

  it('from an endpoint on another node keeps its source: it meets itself on its own node only', () => {
    const scene = new Scene(family).with(aService('web'), TWO);
    expect(scene.trace({ saddr: '10.244.2.2' }).source).toBe('10.244.2.2');
  });

  it('to a load balancer’s address comes only from the networks that may', () => {
    const balanced = (name: string, ip: string, loadBalancerSourceRanges: string[]) => ({
      ...aService(name, { type: 'LoadBalancer', clusterIP: `10.96.1.${name.length}`, loadBalancerSourceRanges }),
      status: { loadBalancer: { ingress: [{ ip }] } },
    });
    const scene = new Scene(family).with(balanced('a', '192.0.2.10', ['192.168.1.0/24', '10.244.1.7/32']), [
      aSlice('a', [anEndpoint('10.244.1.2')]),
    ]);
    scene.with(balanced('bb', '192.0.2.11', ['192.168.0.0/16']), [aSlice('bb', [anEndpoint('10.244.1.3')])]);
    const verdicts = (daddr: string) =>
      [OUTSIDE, '192.168.2.5', POD, '10.244.1.8'].map((saddr) => scene.trace({ saddr, daddr }).verdict);
    expect(verdicts('192.0.2.10')).toEqual(['forwarded', 'dropped', 'forwarded', 'dropped']);
    expect(verdicts('192.0.2.11')).toEqual(['forwarded', 'forwarded', 'dropped', 'dropped']);
    expect(verdicts('10.96.1.1')).toEqual(['forwarded', 'forwarded', 'forwarded', 'forwarded']);
    scene.with(balanced('a', '192.0.2.10', ['192.168.0.0/16']), [aSlice('a', [anEndpoint('10.244.1.2')])]);
    expect(verdicts('192.0.2.10')).toEqual(['forwarded', 'forwarded', 'dropped', 'dropped']);
    scene.without('a').without('bb');
    expect([...scene.ruleset.collections].filter(([, elements]) => elements.size > 0)).toEqual([]);
  });

  it('is dropped where a Local policy finds nobody on this node', () => {
    const service = aService('web', {
      ...NODE_PORT.spec,
      internalTrafficPolicy: 'Local',
      externalTrafficPolicy: 'Local',
    });
    const scene = new Scene(family).with(service, [aSlice('web', [anEndpoint('10.244.2.2', { nodeName: 'n2' })])]);
    expect(scene.trace({}).verdict).toBe('dropped');
    expect(scene.trace({ saddr: OUTSIDE, daddr: NODE, dport: 30080 }).verdict).toBe('dropped');
    expect(scene.trace({ daddr: NODE, dport: 30080 }).to).toBe('10.244.2.2:8080');
  });

  it('goes where the same client went before, through changes of the other endpoints', () => {
    const service = aService('web', { sessionAffinity: 'ClientIP' });
    const ends = (...last: number[]) => [
      aSlice(
        'web',
        last.map((item) => anEndpoint(`10.244.1.${item}`)),
      ),
    ];
    const scene = new Scene(family).with(service, ends(2, 3, 4));
    scene.random = 1;
    expect(scene.trace({}).to).toBe('10.244.1.3:8080');
    expect(scene.spread({})).toEqual(['10.244.1.3:8080']);
    expect(scene.with(service, ends(1, 3, 4, 5)).spread({})).toEqual(['10.244.1.3:8080']);
    expect(scene.spread({ saddr: '10.244.1.99' })).toEqual(['10.244.1.1:8080']);
    expect(scene.with(service, ends(1, 4)).trace({}).to).not.toBe('10.244.1.3:8080');
  });

  it('is remembered anew when its slot is no more', () => {
    const service = aService('web', { sessionAffinity: 'ClientIP' });
    const scene = new Scene(family).with(service, FIVE);
    scene.random = 4;
    expect(scene.trace({}).to).toBe('10.244.1.6:8080');
    const two = scene.with(service, [aSlice('web', (FIVE[0]?.endpoints ?? []).slice(0, 2))]);
    two.random = 1;
    expect(two.trace({}).to).toBe('10.244.1.3:8080');
    expect(two.spread({})).toEqual(['10.244.1.3:8080']);
  });

  it('to nobody’s service passes untouched', () => {
    const scene = new Scene(family).with(aService('web'), TWO);
    expect(scene.trace({ daddr: '10.244.2.9', dport: 80 })).toEqual({
      verdict: 'forwarded',
      to: '10.244.2.9:80',
      source: POD,
      mark: 0,
    });
    expect(scene.trace({ saddr: OUTSIDE, daddr: NODE, dport: 22 })).toMatchObject({
      verdict: 'delivered',
      source: OUTSIDE,
    });
  });
});

describe('a packet of IPv4 alone', () => {
  it('reaches a node port on 127.0.0.1, too', () => {
    const scene = new Scene().with(NODE_PORT, TWO);
    expect(scene.trace({ from: 'process', saddr: '127.0.0.1', daddr: '127.0.0.1', dport: 30080 })).toEqual({
      verdict: 'forwarded',
      to: '10.244.1.2:8080',
      source: 'node',
      mark: 0,
    });
  });

  it('looks its client up once, however many endpoints there are', () => {
    const rules = (count: number): number => {
      const ends = Array.from({ length: count }, (_, index) => anEndpoint(`10.244.1.${index + 1}`));
      const scene = new Scene().with(aService('web', { sessionAffinity: 'ClientIP' }), [aSlice('web', ends)]);
      return scene.ruleset.chains.get(`vip_stick_${count}_for_10800`)?.rules.length ?? 0;
    };
    expect(rules(200)).toBe(rules(2));
  });

  it('to 127.0.0.1 from a neighbour is dropped, though node ports made that address routable', () => {
    expect(new Scene().sync().trace({ saddr: OUTSIDE, daddr: '127.0.0.1', dport: 5432 }).verdict).toBe('dropped');
  });
});

describe('a packet of IPv6 alone', () => {
  it('is not taken to a service from ::1, which the kernel lets nobody answer', () => {
    const scene = new Scene('IPv6').with(NODE_PORT, TWO);
    const packet = { from: 'process', saddr: '::1', daddr: '::1', dport: 30080 } as const;
    expect(scene.trace(packet)).toMatchObject({ verdict: 'delivered', to: '[::1]:30080' });
    scene.with(NODE_PORT, []);
    expect(scene.trace(packet).verdict).toBe('delivered');
  });
});

describe.each(['IPv4', 'IPv6'] as const)('two services that claim one external IP of %s', (family) => {
  it('the first by name has it, and the other when the first is gone', () => {
    const claim = (name: string, clusterIP: string) => aService(name, { clusterIP, externalIPs: ['203.0.113.7'] });
    const slice = (name: string, ip: string) => [aSlice(name, [anEndpoint(ip)])];
    const scene = new Scene(family).with(claim('b', '10.96.0.2'), slice('b', '10.244.1.2'));
    scene.with(claim('a', '10.96.0.1'), slice('a', '10.244.1.3'));
    expect(scene.trace({ daddr: '203.0.113.7' }).to).toBe('10.244.1.3:8080');
    expect(scene.without('a').trace({ daddr: '203.0.113.7' }).to).toBe('10.244.1.2:8080');
  });
});
