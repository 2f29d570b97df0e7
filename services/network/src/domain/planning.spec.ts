import type { Node } from '@shiplog/contracts';
import { aLink, aMinion, aNode, annotationsOf } from '../testing/builders';
import { hostInterface, macOfIp, vtepMac, wireguardLink } from './names';
import { planCommands } from './commands';
import { planHost, planNode, type Desired } from './desired';
import { findUnderlay, type Underlay } from './underlay';
import { missingAnnotations, ownAnnotations } from './flannel';
import { planPeers } from './peers';
import { renderRules, soundPorts } from './rules';

const SCOPE = {
  clusterCidr: '10.244.0.0/16',
  serviceCidr: '10.96.0.0/16',
  node: 'minion-1',
  devices: ['eth0', 'flannel.1', 'shiplog0'],
};
const RANGE = { clusterCidr: SCOPE.clusterCidr, nodeCidrPrefix: 24 };
const peersOf = (nodes: Node[], self: string) => planPeers(nodes, self, RANGE).peers;
const UNDERLAY: Underlay = { device: 'eth0', address: '172.30.0.11', mtu: 1500, networks: ['172.30.0.11/24'] };
const NODES = [aNode(1), aNode(2)];
const vxlan = (nodes = NODES): Desired =>
  planNode({
    node: 'minion-1',
    podCidr: '10.244.1.0/24',
    clusterCidr: SCOPE.clusterCidr,
    backend: 'vxlan',
    underlay: UNDERLAY,
    peers: peersOf(nodes, 'minion-1'),
  });

describe('names', () => {
  it('are the same after every restart and fit the kernel', () => {
    expect(vtepMac('minion-1')).toBe(vtepMac('minion-1'));
    expect(vtepMac('minion-1')).not.toBe(vtepMac('minion-2'));
    expect(parseInt(vtepMac('minion-1').slice(0, 2), 16) & 3).toBe(2);
    expect(macOfIp('10.244.1.2')).toBe('0a:58:0a:f4:01:02');
    expect(hostInterface('0b8f6a1e-aaaa-bbbb-cccc-000000000001').length).toBeLessThanOrEqual(15);
  });
});

describe('a node’s annotations', () => {
  it('say where it is in Flannel’s form, and only what differs is written', () => {
    const wanted = annotationsOf('vxlan', '172.30.0.11', '02:00:00:00:00:01');
    expect(wanted).toEqual({
      'flannel.alpha.coreos.com/backend-data': '{"VNI":1,"VtepMAC":"02:00:00:00:00:01"}',
      'flannel.alpha.coreos.com/backend-type': 'vxlan',
      'flannel.alpha.coreos.com/kube-subnet-manager': 'true',
      'flannel.alpha.coreos.com/public-ip': '172.30.0.11',
    });
    expect(missingAnnotations(aNode(1, { annotations: wanted }), wanted)).toBeUndefined();
    const moved = { ...wanted, 'flannel.alpha.coreos.com/public-ip': '172.30.0.99' };
    expect(missingAnnotations(aNode(1, { annotations: wanted }), moved)).toEqual({
      'flannel.alpha.coreos.com/public-ip': '172.30.0.99',
    });
  });

  it('of peers are believed only as far as they are well formed', () => {
    const strange = { ...annotationsOf('vxlan', '172.30.0.12', 'x; reboot') };
    expect(peersOf([aNode(2, { annotations: strange })], 'minion-1')).toMatchObject([{ vtep: undefined }]);
    expect(peersOf([aNode(2, { podCIDR: '' }), aNode(3, { podCIDR: 'nonsense' })], 'minion-1')).toEqual([]);
  });
});

describe('what nodes say of themselves', () => {
  const saying = (address: string) => annotationsOf('vxlan', address, vtepMac('minion-2'));
  const skippedOf = (...nodes: Node[]) => planPeers([aNode(1), ...nodes, aNode(7)], 'minion-1', RANGE);

  it.each([
    ['an address with a line of its own', { annotations: saying('172.30.0.12\nfdb replace 02:00:00:00:00:09') }],
    ['no address at all', { annotations: saying('not an address') }],
    ['an address of six', { annotations: saying('fd00::1') }],
    ['half of everything as its pod network', { podCIDR: '0.0.0.0/1' }],
    ['a pod network of another cluster', { podCIDR: '10.245.2.0/24' }],
    ['the whole of the cluster’s network', { podCIDR: '10.244.0.0/16' }],
    ['more than a node’s part of it', { podCIDR: '10.244.128.0/17' }],
    ['a pod network that is no text of one', { podCIDR: '10.244.2.0/24 via 1.2.3.4' }],
    ['this node’s pod network', { podCIDR: '10.244.1.128/25' }],
    ['a peer’s pod network', { podCIDR: '10.244.7.0/24', metadata: { creationTimestamp: '2026-01-02T00:00:00Z' } }],
    ['a peer’s tunnel', { annotations: annotationsOf('vxlan', '172.30.0.12', vtepMac('minion-1')) }],
  ])('leaves out the one that says %s, with a reason, and nobody else', (_, more) => {
    const { own, peers, skipped } = skippedOf(aNode(2, more));
    expect(own).toBe('10.244.1.0/24');
    expect(peers.map((peer) => peer.name)).toEqual(['minion-7']);
    expect(skipped).toMatchObject([{ node: 'minion-2', reason: expect.stringMatching(/^its /) }]);
    const lines = planCommands(vxlan([aNode(1), aNode(2, more), aNode(7)]), aMinion(), SCOPE);
    expect([...lines.ip, ...lines.bridge].filter((line) => /\n|0\.0\.0\.0|not an|fd00|10\.245/.test(line))).toEqual([]);
    expect(lines.ip.filter((line) => line.startsWith('route'))).toHaveLength(1);
  });

  it('lets the older of two that claim one network have it, whatever they are called', () => {
    const at = (day: number) => ({ creationTimestamp: `2026-01-0${day}T00:00:00Z` });
    const first = aNode(9, { podCIDR: '10.244.5.0/24', metadata: at(1) });
    const second = aNode(2, { podCIDR: '10.244.5.0/24', metadata: at(2) });
    const { peers, skipped } = skippedOf(second, first);
    expect(peers.map((peer) => peer.name)).toEqual(['minion-7', 'minion-9']);
    expect(skipped).toEqual([
      { node: 'minion-2', reason: 'its pod network 10.244.5.0/24 overlaps 10.244.5.0/24 of node minion-9' },
    ]);
  });

  it('gives this node no network that another had before', () => {
    const older = aNode(2, { podCIDR: '10.244.1.0/24', metadata: { creationTimestamp: '2020-01-01T00:00:00Z' } });
    const own = aNode(1, { metadata: { creationTimestamp: '2021-01-01T00:00:00Z' } });
    expect(planPeers([own, older], 'minion-1', RANGE)).toMatchObject({
      own: undefined,
      skipped: [{ node: 'minion-1' }],
    });
  });

  it('is no reproach while it is nothing yet', () => {
    const bare = aNode(2, { annotations: {} });
    expect(skippedOf({ ...bare, status: {} }, aNode(3, { podCIDR: '' })).skipped).toEqual([]);
  });

  it('is written as the kernel will show it', () => {
    expect(peersOf([aNode(2, { podCIDR: '10.244.2.7/24' })], 'minion-1')).toMatchObject([{ podCidr: '10.244.2.0/24' }]);
  });
});

describe('the underlay', () => {
  it('is found by name, by the node’s address, or by the default route', () => {
    expect(findUnderlay(aMinion(), { device: '', address: '' })).toEqual(UNDERLAY);
    expect(findUnderlay(aMinion(), { device: '', address: '172.30.0.11' })).toEqual(UNDERLAY);
    expect(findUnderlay(aMinion(), { device: 'eth0', address: '' })).toEqual(UNDERLAY);
    expect(findUnderlay(aMinion(), { device: '', address: '172.30.0.1' })).toBeUndefined();
  });
});

describe('a fresh minion', () => {
  it('with VXLAN gets a bridge, a tunnel, and one neighbour, one forwarding entry and one route per peer', () => {
    const peer = vtepMac('minion-2');
    expect(planCommands(vxlan(), aMinion(), SCOPE)).toEqual({
      ip: [
        'link add cni0 address 0a:58:0a:f4:01:01 mtu 1450 type bridge',
        'address add 10.244.1.1/24 dev cni0',
        'link set cni0 up',
        `link add flannel.1 address ${vtepMac('minion-1')} mtu 1450 type vxlan id 1 dev eth0 local 172.30.0.11 dstport 8472 nolearning`,
        'address add 10.244.1.0/32 dev flannel.1',
        'link set flannel.1 up',
        `neighbour replace 10.244.2.0 lladdr ${peer} dev flannel.1 nud permanent`,
        'route replace 10.244.2.0/24 via 10.244.2.0 dev flannel.1 proto 201 onlink',
      ],
      bridge: [`fdb replace ${peer} dev flannel.1 dst 172.30.0.12 self permanent`],
    });
  });

  it('with host-gw gets a bridge of full MTU and a plain route per peer on the same link', () => {
    const peers = peersOf(
      [...NODES, aNode(3, { annotations: { 'flannel.alpha.coreos.com/public-ip': '192.168.7.3' } })],
      'minion-1',
    );
    const desired = planNode({
      node: 'minion-1',
      podCidr: '10.244.1.0/24',
      clusterCidr: SCOPE.clusterCidr,
      backend: 'host-gw',
      underlay: UNDERLAY,
      peers,
    });
    expect(planCommands(desired, aMinion(), SCOPE).ip).toEqual([
      'link add cni0 address 0a:58:0a:f4:01:01 mtu 1500 type bridge',
      'address add 10.244.1.1/24 dev cni0',
      'link set cni0 up',
      'route replace 10.244.2.0/24 via 172.30.0.12 dev eth0 proto 201',
    ]);
    expect(desired.unreachable).toEqual([{ node: 'minion-3', reason: '192.168.7.3 is not on the link of eth0' }]);
  });

  it('with WireGuard leads all pods’ addresses into the tunnel, those of a peer without a key too', () => {
    const key = `${'K'.repeat(42)}E=`;
    const keyed = ownAnnotations({ backend: 'wireguard', publicKey: key }, '172.30.0.12');
    const peers = peersOf([NODES[0]!, aNode(2, { annotations: keyed }), aNode(3)], 'minion-1');
    const input = { node: 'minion-1', podCidr: '10.244.1.0/24', clusterCidr: SCOPE.clusterCidr, underlay: UNDERLAY };
    const desired = planNode({ ...input, backend: 'wireguard', peers });
    const link = wireguardLink('minion-1');
    expect(planCommands(desired, aMinion(), SCOPE).ip).toEqual([
      'link add cni0 address 0a:58:0a:f4:01:01 mtu 1440 type bridge',
      'address add 10.244.1.1/24 dev cni0',
      'link set cni0 up',
      `link add ${link} mtu 1440 type wireguard`,
      `address add 10.244.1.0/32 dev ${link}`,
      `link set ${link} up`,
      `route replace 10.244.0.0/16 dev ${link} proto 201`,
    ]);
    expect(desired.wireguard?.peers).toEqual([
      { publicKey: key, endpoint: '172.30.0.12:51820', allowed: '10.244.2.0/24' },
    ]);
    expect(desired.unreachable).toEqual([{ node: 'minion-3', reason: 'it has not said its public key' }]);
  });

  it('takes no key for a peer’s but one of its own', () => {
    const key = `${'K'.repeat(42)}E=`;
    const saying = (publicKey: string) => ({
      annotations: ownAnnotations({ backend: 'wireguard', publicKey }, '172.30.0.12'),
    });
    expect(peersOf([aNode(2, saying('not a key\nPrivateKey = x'))], 'minion-1')).toMatchObject([
      { publicKey: undefined },
    ]);
    const { peers, skipped } = planPeers([aNode(2, saying(key)), aNode(3, saying(key))], 'minion-1', RANGE);
    expect(peers.map((peer) => peer.name)).toEqual(['minion-2']);
    expect(skipped).toMatchObject([{ node: 'minion-3', reason: `its public key ${key} is that of node minion-2` }]);
  });

  it('waits for peers that have not said where their tunnel ends', () => {
    const desired = vxlan([aNode(1), aNode(2, { annotations: {} })]);
    expect(desired.routes).toEqual([]);
    expect(desired.unreachable).toMatchObject([{ node: 'minion-2' }]);
  });
});

describe('a minion that stands', () => {
  const peer = vtepMac('minion-2');
  const standing = aMinion({
    links: [
      ...aMinion().links,
      aLink('cni0', { ip: '10.244.1.1/24', mtu: 1450, address: '0a:58:0a:f4:01:01' }),
      aLink('flannel.1', {
        ip: '10.244.1.0/32',
        mtu: 1450,
        address: vtepMac('minion-1'),
        linkinfo: { info_kind: 'vxlan', info_data: { id: 1, local: '172.30.0.11', link: 'eth0', port: 8472 } },
      }),
    ],
    routes: [
      ...aMinion().routes,
      { dst: '10.244.2.0/24', gateway: '10.244.2.0', dev: 'flannel.1', protocol: '201', flags: ['onlink'] },
    ],
    neighbours: [{ dst: '10.244.2.0', lladdr: peer, state: ['PERMANENT'] }],
    fdb: [{ mac: peer, dst: '172.30.0.12', state: 'permanent' }],
  });

  it('is left alone', () => {
    expect(planCommands(vxlan(), standing, SCOPE)).toEqual({ ip: [], bridge: [] });
  });

  it('forgets a node that is gone, and only that', () => {
    expect(planCommands(vxlan([aNode(1)]), standing, SCOPE)).toEqual({
      ip: ['neighbour delete 10.244.2.0 dev flannel.1', 'route delete 10.244.2.0/24 proto 201'],
      bridge: [`fdb delete ${peer} dev flannel.1 dst 172.30.0.12 self`],
    });
  });

  it('follows a peer that moved', () => {
    const moved = aNode(2, { annotations: annotationsOf('vxlan', '172.30.0.77', peer) });
    expect(planCommands(vxlan([aNode(1), moved]), standing, SCOPE)).toEqual({
      ip: [],
      bridge: [`fdb replace ${peer} dev flannel.1 dst 172.30.0.77 self permanent`],
    });
  });

  it('makes its tunnel anew when its own address changed, with everything that hung on it', () => {
    const desired = planNode({
      node: 'minion-1',
      podCidr: '10.244.1.0/24',
      clusterCidr: SCOPE.clusterCidr,
      backend: 'vxlan',
      underlay: { ...UNDERLAY, address: '172.30.0.50' },
      peers: peersOf(NODES, 'minion-1'),
    });
    const { ip, bridge } = planCommands(desired, standing, SCOPE);
    expect(ip[0]).toBe('link delete flannel.1');
    expect(ip.at(-1)).toContain('route replace 10.244.2.0/24');
    expect(bridge).toHaveLength(1);
  });

  it('leaves routes of others alone, also another cluster’s with the same mark', () => {
    const others = [
      { dst: '10.244.9.0/24', gateway: '172.30.0.9', dev: 'eth0', protocol: 'static' },
      { dst: '10.239.1.0/24', gateway: '172.30.5.11', dev: 'shiplog5', protocol: '201' },
      { dst: '10.101.0.0/16', gateway: '172.30.5.11', dev: 'shiplog5', protocol: '201' },
    ];
    const observed = { ...standing, routes: [...standing.routes, ...others] };
    expect(planCommands(vxlan(), observed, SCOPE)).toEqual({ ip: [], bridge: [] });
  });

  it('tears the tunnel down when it is to use plain routes', () => {
    const peers = peersOf(NODES, 'minion-1');
    const desired = planNode({
      node: 'minion-1',
      podCidr: '10.244.1.0/24',
      clusterCidr: SCOPE.clusterCidr,
      backend: 'host-gw',
      underlay: UNDERLAY,
      peers,
    });
    expect(planCommands(desired, standing, SCOPE).ip).toEqual([
      'link set cni0 mtu 1500',
      'link delete flannel.1',
      'route replace 10.244.2.0/24 via 172.30.0.12 dev eth0 proto 201',
    ]);
  });
});

describe('a minion that is to use another way', () => {
  const link = wireguardLink('minion-1');
  const base = { node: 'minion-1', podCidr: '10.244.1.0/24', clusterCidr: SCOPE.clusterCidr, underlay: UNDERLAY };
  const route = (dst: string, dev: string) => ({ dst, dev, protocol: '201' });

  it.each([
    ['VXLAN', 'wireguard', 'flannel.1', route('10.244.2.0/24', 'flannel.1')],
    ['WireGuard', 'vxlan', link, route('10.244.0.0/16', link)],
  ] as const)('than %s takes its tunnel away, and no route that went with it', (_, backend, old, its) => {
    const observed = aMinion({ links: [...aMinion().links, aLink(old)], routes: [...aMinion().routes, its] });
    const { ip } = planCommands(planNode({ ...base, backend, peers: peersOf(NODES, 'minion-1') }), observed, SCOPE);
    expect(ip).toContain(`link delete ${old}`);
    expect(ip.filter((line) => line.startsWith('route delete'))).toEqual([]);
  });
});

describe('the host around the minions', () => {
  const underlay: Underlay = { device: 'shiplog0', address: '172.30.0.1', mtu: 1500, networks: ['172.30.0.1/24'] };

  it('has a route to each node’s pods and, through the first node, to services; nothing else', () => {
    const desired = planHost(underlay, peersOf(NODES, 'host'), SCOPE.serviceCidr);
    expect(planCommands(desired, aMinion(), SCOPE)).toEqual({
      ip: [
        'route replace 10.244.1.0/24 via 172.30.0.11 dev shiplog0 proto 201',
        'route replace 10.244.2.0/24 via 172.30.0.12 dev shiplog0 proto 201',
        'route replace 10.96.0.0/16 via 172.30.0.11 dev shiplog0 proto 201',
      ],
      bridge: [],
    });
  });

  it('takes back the routes that it once made for nodes that are gone, wherever they led', () => {
    const mine = { gateway: '172.30.0.12', dev: 'shiplog0', protocol: '201' };
    const observed = aMinion({
      routes: [
        { dst: 'default', gateway: '192.0.2.1', dev: 'eth1' },
        { dst: '0.0.0.0/1', ...mine },
        { dst: '10.244.2.0/24', ...mine },
        { dst: '192.168.7.0/24', ...mine, protocol: 'static' },
        { dst: '10.239.1.0/24', gateway: '172.30.5.11', dev: 'shiplog5', protocol: '201' },
      ],
    });
    const desired = planHost(underlay, [], SCOPE.serviceCidr);
    expect(planCommands(desired, observed, SCOPE).ip).toEqual([
      'route delete 0.0.0.0/1 proto 201',
      'route delete 10.244.2.0/24 proto 201',
    ]);
  });

  it('reaches the pods of a node that is not on its link through one that is', () => {
    const far = {
      ...aNode(3),
      metadata: { name: 'far', annotations: annotationsOf('vxlan', '192.0.2.7', vtepMac('far')) },
    };
    const desired = planHost(underlay, peersOf([...NODES, far], 'host'), SCOPE.serviceCidr);
    expect(desired.routes).toContainEqual({
      to: '10.244.3.0/24',
      via: '172.30.0.11',
      device: 'shiplog0',
      onlink: false,
    });
    expect(desired.unreachable).toEqual([]);
  });
});

describe('the rules', () => {
  it('masquerade what leaves the cluster, and lead host ports to their pods', () => {
    const hostPorts = [
      { hostPort: 8080, containerPort: 80, protocol: 'TCP' as const },
      { hostPort: 53, containerPort: 53, protocol: 'UDP' as const, hostIP: '172.30.0.11' },
      { hostPort: 36_412, containerPort: 36_412, protocol: 'SCTP' as const },
    ];
    const script = renderRules({
      table: 'shiplog_network_minion_1',
      podCidr: '10.244.1.0/24',
      clusterCidr: SCOPE.clusterCidr,
      bus: [],
      tunnels: ['flannel.1', 'wg0'],
      pods: [
        { ip: '10.244.1.2', hostPorts },
        { ip: '10.244.1.3', hostPorts: hostPorts.slice(0, 1) },
      ],
    });
    expect(script.split('\n')).toEqual(
      expect.arrayContaining([
        'add rule ip shiplog_network_minion_1 postrouting ip saddr 10.244.1.0/24 ip daddr != 10.244.0.0/16 ip daddr != 224.0.0.0/4 masquerade fully-random',
        'add element ip shiplog_network_minion_1 ports_anywhere { tcp . 8080 : 10.244.1.2 . 80, sctp . 36412 : 10.244.1.2 . 36412 }',
        'add element ip shiplog_network_minion_1 ports_on_address { 172.30.0.11 . udp . 53 : 10.244.1.2 . 53 }',
        'add element ip shiplog_network_minion_1 hairpins { 10.244.1.2 . 10.244.1.2 }',
      ]),
    );
  });

  it('keep pods from the bus, and from nothing else', () => {
    const rules = (bus: { ip: string; port: number }[]) =>
      renderRules({
        table: 't',
        podCidr: '10.244.1.0/24',
        clusterCidr: SCOPE.clusterCidr,
        pods: [],
        bus,
        tunnels: ['flannel.1'],
      })
        .split('\n')
        .filter((line) => line.includes('bus_guard'));
    expect(
      rules([
        { ip: '172.30.0.1', port: 4222 },
        { ip: '127.0.0.1', port: 4223 },
      ]),
    ).toEqual([
      'add chain ip t bus_guard_forward { type filter hook forward priority -10 ; policy accept ; }',
      'add chain ip t bus_guard_input { type filter hook input priority -10 ; policy accept ; }',
      'flush chain ip t bus_guard_forward',
      'flush chain ip t bus_guard_input',
      'add rule ip t bus_guard_forward iifname "cni0" ip daddr 172.30.0.1 tcp dport 4222 drop',
      'add rule ip t bus_guard_forward iifname "cni0" fib daddr type local tcp dport 4223 drop',
      'add rule ip t bus_guard_input iifname "cni0" ip daddr 172.30.0.1 tcp dport 4222 drop',
      'add rule ip t bus_guard_input iifname "cni0" fib daddr type local tcp dport 4223 drop',
    ]);
    expect(() => rules([{ ip: '1.2.3.4 accept', port: 4222 }])).toThrow('must be an IPv4 address');
  });

  it('let nothing in unencrypted in a pod’s name where pods’ packets travel encrypted, and only there', () => {
    const rules = (unencrypted?: string) =>
      renderRules({
        table: 't',
        podCidr: '10.244.1.0/24',
        clusterCidr: SCOPE.clusterCidr,
        pods: [],
        bus: [],
        tunnels: ['wg0'],
        unencrypted,
      });
    expect(rules('eth0')).toContain('add rule ip t plaintext_guard iifname "eth0" ip saddr 10.244.0.0/16 drop\n');
    expect(rules()).not.toContain('add rule ip t plaintext_guard');
  });

  it('leave out host ports that are none, with a reason, and serve the others', () => {
    const good = { hostPort: 8080, containerPort: 80, protocol: 'TCP' as const };
    const evil = '80 }; flush ruleset';
    const bad = [
      { hostPort: evil },
      { containerPort: 70_000 },
      { hostIP: evil },
      { hostIP: '::1' },
      { protocol: 'tcp . 80' },
    ];
    const pods = [
      { ip: '10.244.1.2', hostPorts: [good, ...bad.map((item) => ({ ...good, ...item }) as never)] },
      { ip: '10.244.1.3 }', hostPorts: [good] },
    ];
    const { sound, wrong } = soundPorts(pods);
    expect(sound).toEqual([
      { ip: '10.244.1.2', hostPorts: [good] },
      { ip: '10.244.1.3 }', hostPorts: [] },
    ]);
    expect(wrong.map((item) => item.ip)).toEqual([...bad.map(() => '10.244.1.2'), '10.244.1.3 }']);
    expect(wrong[0]?.reason).toBe('"80 }; flush ruleset" must be an integer from 1 to 65535');
  });
});
