import { aLink, aMinion, aNode } from '../testing/builders';
import { hostInterface, macOfIp, vtepMac } from './names';
import { planCommands } from './plan-commands';
import { planHost, planNode, type Desired } from './plan-desired';
import { planFabric, type Fabric } from './plan-fabric';
import { missingAnnotations, ownAnnotations, planPeers } from './plan-peers';
import { renderRules } from './render-rules';

const SCOPE = { clusterCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16' };
const FABRIC: Fabric = { device: 'eth0', address: '172.30.0.11', mtu: 1500, networks: ['172.30.0.11/24'] };
const NODES = [aNode(1), aNode(2)];
const vxlan = (nodes = NODES): Desired =>
  planNode({
    node: 'minion-1',
    podCidr: '10.244.1.0/24',
    backend: 'vxlan',
    fabric: FABRIC,
    peers: planPeers(nodes, 'minion-1'),
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
    const wanted = ownAnnotations('vxlan', '172.30.0.11', '02:00:00:00:00:01');
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
    const strange = { ...ownAnnotations('vxlan', '172.30.0.12', 'x; reboot') };
    expect(planPeers([aNode(2, { annotations: strange })], 'minion-1')).toMatchObject([{ vtep: undefined }]);
    expect(planPeers([aNode(2, { podCIDR: '' }), aNode(3, { podCIDR: 'nonsense' })], 'minion-1')).toEqual([]);
  });
});

describe('the fabric', () => {
  it('is found by name, by the node’s address, or by the default route', () => {
    expect(planFabric(aMinion(), { device: '', address: '' })).toEqual(FABRIC);
    expect(planFabric(aMinion(), { device: '', address: '172.30.0.11' })).toEqual(FABRIC);
    expect(planFabric(aMinion(), { device: 'eth0', address: '' })).toEqual(FABRIC);
    expect(planFabric(aMinion(), { device: '', address: '172.30.0.1' })).toBeUndefined();
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
    const peers = planPeers(
      [...NODES, aNode(3, { annotations: { 'flannel.alpha.coreos.com/public-ip': '192.168.7.3' } })],
      'minion-1',
    );
    const desired = planNode({ node: 'minion-1', podCidr: '10.244.1.0/24', backend: 'host-gw', fabric: FABRIC, peers });
    expect(planCommands(desired, aMinion(), SCOPE).ip).toEqual([
      'link add cni0 address 0a:58:0a:f4:01:01 mtu 1500 type bridge',
      'address add 10.244.1.1/24 dev cni0',
      'link set cni0 up',
      'route replace 10.244.2.0/24 via 172.30.0.12 dev eth0 proto 201',
    ]);
    expect(desired.unreachable).toEqual([{ node: 'minion-3', why: '192.168.7.3 is not on the link of eth0' }]);
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
    const moved = aNode(2, { annotations: ownAnnotations('vxlan', '172.30.0.77', peer) });
    expect(planCommands(vxlan([aNode(1), moved]), standing, SCOPE)).toEqual({
      ip: [],
      bridge: [`fdb replace ${peer} dev flannel.1 dst 172.30.0.77 self permanent`],
    });
  });

  it('makes its tunnel anew when its own address changed, with everything that hung on it', () => {
    const desired = planNode({
      node: 'minion-1',
      podCidr: '10.244.1.0/24',
      backend: 'vxlan',
      fabric: { ...FABRIC, address: '172.30.0.50' },
      peers: planPeers(NODES, 'minion-1'),
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
    const peers = planPeers(NODES, 'minion-1');
    const desired = planNode({ node: 'minion-1', podCidr: '10.244.1.0/24', backend: 'host-gw', fabric: FABRIC, peers });
    expect(planCommands(desired, standing, SCOPE).ip).toEqual([
      'link set cni0 mtu 1500',
      'link delete flannel.1',
      'route replace 10.244.2.0/24 via 172.30.0.12 dev eth0 proto 201',
    ]);
  });
});

describe('the host around the minions', () => {
  const fabric: Fabric = { device: 'shiplog0', address: '172.30.0.1', mtu: 1500, networks: ['172.30.0.1/24'] };

  it('has a route to each node’s pods and, through the first node, to services; nothing else', () => {
    const desired = planHost(fabric, planPeers(NODES, 'host'), SCOPE.serviceCidr);
    expect(planCommands(desired, aMinion(), SCOPE)).toEqual({
      ip: [
        'route replace 10.244.1.0/24 via 172.30.0.11 dev shiplog0 proto 201',
        'route replace 10.244.2.0/24 via 172.30.0.12 dev shiplog0 proto 201',
        'route replace 10.96.0.0/16 via 172.30.0.11 dev shiplog0 proto 201',
      ],
      bridge: [],
    });
  });

  it('reaches the pods of a node that is not on its link through one that is', () => {
    const far = {
      ...aNode(3),
      metadata: { name: 'far', annotations: ownAnnotations('vxlan', '192.0.2.7', vtepMac('far')) },
    };
    const desired = planHost(fabric, planPeers([...NODES, far], 'host'), SCOPE.serviceCidr);
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
    ];
    const script = renderRules({
      table: 'shiplog_network_minion_1',
      podCidr: '10.244.1.0/24',
      clusterCidr: SCOPE.clusterCidr,
      pods: [
        { ip: '10.244.1.2', hostPorts },
        { ip: '10.244.1.3', hostPorts: hostPorts.slice(0, 1) },
      ],
    });
    expect(script.split('\n')).toEqual(
      expect.arrayContaining([
        'add rule ip shiplog_network_minion_1 postrouting ip saddr 10.244.1.0/24 ip daddr != 10.244.0.0/16 ip daddr != 224.0.0.0/4 masquerade fully-random',
        'add element ip shiplog_network_minion_1 ports_anywhere { tcp . 8080 : 10.244.1.2 . 80 }',
        'add element ip shiplog_network_minion_1 ports_on_address { 172.30.0.11 . udp . 53 : 10.244.1.2 . 53 }',
        'add element ip shiplog_network_minion_1 hairpins { 10.244.1.2 . 10.244.1.2 }',
      ]),
    );
  });
});
