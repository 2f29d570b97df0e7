import type { ServiceSpec } from '@shiplog/contracts';
import { aService, anEndpoint, aSlice } from '../../testing/builders';
import { addressesToAnnounce } from './addresses-to-announce';

const NODES = ['n1', 'n2', 'n3', 'n4'];

function aBalancer(ingress: object[], spec: Partial<ServiceSpec> = {}) {
  return { ...aService('web', { type: 'LoadBalancer', ...spec }), status: { loadBalancer: { ingress } } };
}

function slicesOn(nodes: readonly string[], conditions: object = { ready: true }) {
  return [
    aSlice(
      'web',
      nodes.map((nodeName, n) => anEndpoint(`10.244.${n}.2`, { nodeName, conditions })),
    ),
  ];
}

/** By address, the nodes that announce it. */
function announcers(ips: readonly string[], nodes: readonly string[], among = NODES): string[][] {
  const service = aBalancer(ips.map((ip) => ({ ip })));
  return ips.map((ip) => among.filter((node) => addressesToAnnounce(service, slicesOn(nodes), node).includes(ip)));
}

const MANY = Array.from({ length: 64 }, (_, n) => `172.30.0.${n + 10}`);

describe('the addresses of a load balancer on the link', () => {
  it('are each answered for by exactly one node that has a ready endpoint', () => {
    for (const nodes of [NODES, ['n2', 'n3'], ['n4']])
      for (const found of announcers(MANY, nodes)) {
        expect(found).toHaveLength(1);
        expect(nodes).toContain(found[0]);
      }
  });

  it('are spread over the nodes, and when one goes only what it answered for moves', () => {
    const before = announcers(MANY, NODES).map(([node]) => node);
    const after = announcers(MANY, ['n1', 'n2', 'n3']).map(([node]) => node);
    expect(new Set(before).size).toBe(4);
    expect(after.filter((node, n) => node !== before[n] && before[n] !== 'n4')).toEqual([]);
  });

  it('of IPv6 are those of nodes that have a ready endpoint of IPv6', () => {
    const service = aBalancer([{ ip: '172.30.0.9' }, { ip: 'fd00:172:30::9' }]);
    const ofIpv6 = aSlice('web', [anEndpoint('fd00:10:244:2::2', { nodeName: 'n2' })], { addressType: 'IPv6' });
    const slices = [...slicesOn(['n1']), ofIpv6];
    expect(NODES.map((node) => addressesToAnnounce(service, slices, node))).toEqual([
      ['172.30.0.9'],
      ['fd00:172:30::9'],
      [],
      [],
    ]);
  });

  it.each([
    ['it has no ready endpoint', aBalancer([{ ip: '172.30.0.9' }]), slicesOn(['n1'], { ready: false })],
    ['it has no endpoint', aBalancer([{ ip: '172.30.0.9' }]), []],
    ['its address is no address', aBalancer([{ ip: 'x' }, { hostname: 'a.example' }]), slicesOn(['n1'])],
    ['its address is of the link itself', aBalancer([{ ip: '169.254.1.1' }, { ip: '127.0.0.1' }]), slicesOn(['n1'])],
    ['its address is a proxy’s', aBalancer([{ ip: '172.30.0.9', ipMode: 'Proxy' }]), slicesOn(['n1'])],
    [
      'it is of another class',
      aBalancer([{ ip: '172.30.0.9' }], { loadBalancerClass: 'a.example/b' }),
      slicesOn(['n1']),
    ],
    ['it is a load balancer no more', aBalancer([{ ip: '172.30.0.9' }], { type: 'ClusterIP' }), slicesOn(['n1'])],
  ])('are nobody’s while %s', (_, service, slices) => {
    expect(addressesToAnnounce(service, slices, 'n1')).toEqual([]);
  });
});
