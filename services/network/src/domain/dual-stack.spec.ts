import type { HostPort } from '@shiplog/contracts';
import { aDualStackNode, aLink, aMinion, aNode, annotationsOf } from '../testing/builders';
import { planCommands } from './commands';
import { planHost, planNode, type Desired } from './desired';
import { linkLocalOf, vtepMac, wireguardLink } from './names';
import { writtenOutV6 } from './observed';
import { planPeers, type Backend } from './peers';
import { clusterRanges } from './ranges';
import { busOfV6, podsOfV4, podsOfV6, renderRules, soundPorts } from './rules';
import { findUnderlay, type Underlay } from './underlay';
import { ownAnnotations } from './flannel';

const RANGES = clusterRanges({
  clusterCidr: '10.244.0.0/16,fd00:10:244::/56',
  serviceCidr: '10.96.0.0/16,fd00:10:96::/112',
  nodeCidrPrefix: 24,
});
const SCOPE = { ...RANGES, node: 'minion-1', devices: ['eth0', 'flannel.1', 'shiplog0'] };
const UNDERLAY: Underlay = {
  device: 'eth0',
  address: '172.30.0.11',
  mtu: 1500,
  networks: ['172.30.0.11/24'],
  networksV6: ['fd00:172:30::11/64'],
};
const NODES = [aDualStackNode(1), aDualStackNode(2)];
const PEER = vtepMac('minion-2');
const PEER_LINK = linkLocalOf(PEER);

function planned(backend: Backend, nodes = NODES, underlay = UNDERLAY): Desired {
  const { own = '', ownV6 = '', peers } = planPeers(nodes, 'minion-1', RANGES);
  const v6 = ownV6 === '' ? undefined : { podCidr: ownV6, clusterCidr: 'fd00:10:244::/56' };
  return planNode({
    node: 'minion-1',
    podCidr: own,
    clusterCidr: RANGES.clusterCidr,
    v6,
    backend,
    underlay,
    peers,
  });
}

const linesOf = (desired: Desired) =>
  planCommands(desired, aMinion(), SCOPE).ip.filter((line) => line.includes('fd00'));

describe('a minion of a dual-stack cluster', () => {
  it('with VXLAN has both families in one tunnel, and one forwarding entry per peer', () => {
    const { ip, bridge } = planCommands(planned('vxlan'), aMinion(), SCOPE);
    expect(ip).toEqual([
      'link add cni0 address 0a:58:0a:f4:01:01 mtu 1450 type bridge',
      'address add 10.244.1.1/24 dev cni0',
      'address add fd00:10:244:1::1/64 dev cni0 nodad',
      'address add fe80::858:aff:fef4:101/64 dev cni0 nodad',
      'link set cni0 up',
      `link add flannel.1 address ${vtepMac('minion-1')} mtu 1450 type vxlan id 1 dev eth0 local 172.30.0.11 dstport 8472 nolearning`,
      'address add 10.244.1.0/32 dev flannel.1',
      'address add fd00:10:244:1::/128 dev flannel.1 nodad',
      'link set flannel.1 up',
      `neighbour replace 10.244.2.0 lladdr ${PEER} dev flannel.1 nud permanent`,
      `neighbour replace ${PEER_LINK} lladdr ${PEER} dev flannel.1 nud permanent`,
      'route replace 10.244.2.0/24 via 10.244.2.0 dev flannel.1 proto 201 onlink',
      `route replace fd00:10:244:2::/64 via ${PEER_LINK} dev flannel.1 proto 201 onlink`,
    ]);
    expect(bridge).toEqual([`fdb replace ${PEER} dev flannel.1 dst 172.30.0.12 self permanent`]);
  });

  it('with host-gw goes through the peer’s own address of IPv6, or says why not', () => {
    expect(linesOf(planned('host-gw'))).toEqual([
      'address add fd00:10:244:1::1/64 dev cni0 nodad',
      'route replace fd00:10:244:2::/64 via fd00:172:30::12 dev eth0 proto 201',
    ]);
    const bare = [aDualStackNode(1), aDualStackNode(2, { addressV6: undefined as never }), aDualStackNode(3)];
    const far = { ...UNDERLAY, networksV6: ['fd00:9::1/64'] };
    expect(planned('host-gw', bare, far).unreachable).toEqual([
      { node: 'minion-2', reason: 'it has no IPv6 address' },
      { node: 'minion-3', reason: 'fd00:172:30::13 is not on the link of eth0' },
    ]);
  });

  it('with WireGuard lets a peer send as both of its networks, and leads both of the cluster’s into the tunnel', () => {
    const publicKey = `${'K'.repeat(42)}E=`;
    const keyed = aDualStackNode(2, {
      annotations: ownAnnotations({ backend: 'wireguard', publicKey }, '172.30.0.12'),
    });
    const desired = planned('wireguard', [aDualStackNode(1), keyed]);
    const link = wireguardLink('minion-1');
    expect(desired.wireguard?.peers).toMatchObject([{ allowed: '10.244.2.0/24,fd00:10:244:2::/64' }]);
    expect(linesOf(desired)).toEqual([
      'address add fd00:10:244:1::1/64 dev cni0 nodad',
      `address add fd00:10:244:1::/128 dev ${link} nodad`,
      `route replace fd00:10:244::/56 dev ${link} proto 201`,
    ]);
  });

  it('that stands is left alone, mends what is gone, and forgets a peer in both families', () => {
    const v4 = { dst: '10.244.2.0/24', gateway: '10.244.2.0', dev: 'flannel.1', protocol: '201' };
    const v6 = { dst: 'fd00:10:244:2::/64', gateway: PEER_LINK, dev: 'flannel.1', protocol: '201' };
    const info_data = { id: 1, local: '172.30.0.11', link: 'eth0', port: 8472 };
    const bridge = { mtu: 1450, address: '0a:58:0a:f4:01:01', ip: '10.244.1.1/24', ipv6: 'fd00:10:244:1::1/64' };
    const tunnel = { mtu: 1450, address: vtepMac('minion-1'), ip: '10.244.1.0/32', ipv6: 'fd00:10:244:1::/128' };
    const state = ['PERMANENT'];
    const standing = aMinion({
      links: [
        ...aMinion().links,
        aLink('cni0', bridge),
        aLink('flannel.1', { ...tunnel, linkinfo: { info_kind: 'vxlan', info_data } }),
      ],
      routes: [...aMinion().routes, v4, writtenOutV6(v6), writtenOutV6({ dst: 'default', dev: 'eth0' })],
      neighbours: [
        { dst: '10.244.2.0', lladdr: PEER, state },
        { dst: PEER_LINK, lladdr: PEER, state },
      ],
      fdb: [{ mac: PEER, dst: '172.30.0.12', state: 'permanent' }],
    });
    expect(planCommands(planned('vxlan'), standing, SCOPE)).toEqual({ ip: [], bridge: [] });
    const bare = standing.links.map((link) => ({
      ...link,
      addr_info: link.addr_info.filter((i) => i.family === 'inet'),
    }));
    expect(planCommands(planned('vxlan'), { ...standing, links: bare }, SCOPE).ip).toEqual([
      'address add fd00:10:244:1::1/64 dev cni0 nodad',
      'address add fd00:10:244:1::/128 dev flannel.1 nodad',
    ]);
    expect(planCommands(planned('vxlan', NODES.slice(0, 1)), standing, SCOPE).ip).toEqual([
      'neighbour delete 10.244.2.0 dev flannel.1',
      `neighbour delete ${PEER_LINK} dev flannel.1`,
      'route delete 10.244.2.0/24 proto 201',
      'route delete fd00:10:244:2::/64 proto 201',
    ]);
  });

  it('sends no more at once than the way carries, and no less than IPv6 asks for', () => {
    expect(planned('vxlan', NODES, { ...UNDERLAY, mtu: 1400 }).bridge?.mtu).toBe(1350);
    expect(planned('vxlan', NODES, { ...UNDERLAY, mtu: 1300 }).bridge?.mtu).toBe(1280);
  });

  it('has no IPv6 where its node has no network of it, nor ways to that of others', () => {
    expect(linesOf(planned('vxlan', [aNode(1), aDualStackNode(2)]))).toEqual([]);
    expect(linesOf(planned('vxlan', [aDualStackNode(1), aNode(2)]))).toHaveLength(2);
  });

  it('finds the networks of its underlay in both families', () => {
    const links = [aLink('eth0', { ip: '172.30.0.11/24', ipv6: 'fd00:172:30::11/64' })];
    expect(findUnderlay(aMinion({ links }), { device: '', address: '' })).toEqual(UNDERLAY);
  });
});

describe('what nodes say of their IPv6', () => {
  const v6 = (network: string) => ({ podCIDRs: ['10.244.2.0/24', network] });
  const at = (day: number) => ({ creationTimestamp: `2026-01-0${day}T00:00:00Z` });

  it.each([
    ['a network of another cluster', v6('fd00:99::/64')],
    ['the whole of the cluster’s', v6('fd00:10:244::/56')],
    ['no network', v6('fd00:10:244:2::/64 via ::1')],
    ['fewer addresses than of IPv4', v6('fd00:10:244:2::/121')],
    ['this node’s', { ...v6('fd00:10:244:1::/80'), metadata: at(2) }],
  ])('leaves out the one that says %s, with a reason, and nobody else', (_, more) => {
    const nodes = [
      aDualStackNode(1, { metadata: at(1) }),
      aDualStackNode(2, more),
      aDualStackNode(7, { metadata: at(3) }),
    ];
    const { own, ownV6, peers, skipped } = planPeers(nodes, 'minion-1', RANGES);
    expect([own, ownV6]).toEqual(['10.244.1.0/24', 'fd00:10:244:1::/64']);
    expect(peers.map((peer) => peer.name)).toEqual(['minion-7']);
    expect(skipped).toMatchObject([{ node: 'minion-2', reason: expect.stringMatching(/^its pod network /) }]);
  });

  it('is nothing to a cluster of IPv4 alone', () => {
    const { v6: _, ...range } = RANGES;
    expect(planPeers(NODES, 'minion-1', range)).toEqual(planPeers([aNode(1), aNode(2)], 'minion-1', range));
  });
});

describe('the host around the minions of a dual-stack cluster', () => {
  it('has a route to each node’s pods and to services in both families, through nodes of its link', () => {
    const underlay = { ...UNDERLAY, device: 'shiplog0' };
    const annotations = annotationsOf('vxlan', '192.0.2.7', vtepMac('minion-3'));
    const far = aDualStackNode(3, { addressV6: 'fd00:9::3', annotations });
    const { peers } = planPeers([...NODES, far], 'host', RANGES);
    const desired = planHost(underlay, peers, '10.96.0.0/16', 'fd00:10:96::/112');
    expect(linesOf(desired)).toEqual(
      ['fd00:10:244:1::/64 11', 'fd00:10:244:2::/64 12', 'fd00:10:244:3::/64 11', 'fd00:10:96::/112 11'].map((text) => {
        const [to, via] = text.split(' ');
        return `route replace ${to} via fd00:172:30::${via} dev shiplog0 proto 201`;
      }),
    );
  });
});

describe('the rules of IPv6', () => {
  const pod = (hostPorts: HostPort[]) => ({ ip: '10.244.1.2', ipv6: 'fd00:10:244:1::2', hostPorts });
  const port = { hostPort: 8080, containerPort: 80, protocol: 'TCP' } as const;
  const input = { table: 't', family: 'ip6', podCidr: 'fd00:10:244:1::/64', clusterCidr: 'fd00:10:244::/56' } as const;

  it('masquerade what leaves the cluster, and keep pods from the bus wherever its machine can be reached', () => {
    const servers = [
      { ip: '172.30.0.1', port: 4222 },
      { ip: '127.0.0.1', port: 4223 },
      { ip: '2001:db8::7', port: 4222 },
    ];
    const bus = busOfV6(servers, ['fd00:172:30::11/64']);
    const rules = renderRules({ ...input, pods: [], tunnels: ['flannel.1'], bus, unencrypted: 'eth0' }).split('\n');
    expect(rules).toEqual(
      expect.arrayContaining([
        'add rule ip6 t postrouting ip6 saddr fd00:10:244:1::/64 ip6 daddr != fd00:10:244::/56 ip6 daddr != ff00::/8 masquerade fully-random',
        'add rule ip6 t plaintext_guard iifname "eth0" ip6 saddr fd00:10:244::/56 drop',
        'add rule ip6 t bus_guard_forward iifname "cni0" fib daddr type local tcp dport 4223 drop',
        'add rule ip6 t bus_guard_forward iifname "cni0" ip6 daddr 2001:db8::7 tcp dport 4222 drop',
        'add rule ip6 t bus_guard_input iifname "cni0" ip6 daddr fd00:172:30::/64 tcp dport 4222 drop',
      ]),
    );
    expect(rules.filter((rule) => /ipv4|\bip [sd]addr|127\./.test(rule))).toEqual([]);
  });

  it('lead host ports to their pods in the families of their addresses', () => {
    const pods = [pod([port, { ...port, hostPort: 81, hostIP: '::' }, { ...port, hostPort: 82, hostIP: 'FD00:0::1' }])];
    const v4 = { ...port, hostPort: 83, hostIP: '0.0.0.0' };
    const all = [...pods, pod([v4])];
    const { sound, wrong } = soundPorts(podsOfV6(all), 'ip6');
    expect(wrong).toEqual([]);
    const elements = renderRules({ ...input, pods: sound, tunnels: ['flannel.1'], bus: [] }).match(/add element.*/g);
    expect(elements).toEqual([
      'add element ip6 t ports_anywhere { tcp . 8080 : fd00:10:244:1::2 . 80, tcp . 81 : fd00:10:244:1::2 . 80 }',
      'add element ip6 t hairpins { fd00:10:244:1::2 . fd00:10:244:1::2 }',
      'add element ip6 t ports_on_address { fd00::1 . tcp . 82 : fd00:10:244:1::2 . 80 }',
    ]);
    expect(podsOfV4(all).map(({ hostPorts }) => hostPorts)).toEqual([[port], [v4]]);
    expect(podsOfV6([{ ip: '10.244.1.2', hostPorts: [port] }])).toEqual([]);
  });
});
