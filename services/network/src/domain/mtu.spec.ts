import { podMtu, withPathMtu } from './mtu';
import type { Underlay } from './underlay';

const UNDERLAY: Underlay = { device: 'eth0', address: '192.0.2.1', mtu: 9000, networks: ['192.0.2.1/24'] };
const peer = (address: string) => ({
  name: address,
  podCidr: '10.244.2.0/24',
  address,
  vtep: undefined,
  publicKey: undefined,
});
const route = (dst: string, mtu?: number, dev = 'eth0') => ({
  dst,
  dev,
  ...(mtu === undefined ? {} : { metrics: [{ mtu }] }),
});

describe('the MTU of pods', () => {
  it('is what the underlay carries, without what the way between nodes adds', () => {
    expect(podMtu('vxlan', UNDERLAY)).toBe(8950);
    expect(podMtu('host-gw', UNDERLAY)).toBe(9000);
    expect(podMtu('wireguard', UNDERLAY)).toBe(8940);
    expect(podMtu('vxlan', { ...UNDERLAY, mtu: 600 })).toBe(576);
  });

  it.each([
    ['the interface’s when no route says anything', ['192.0.2.2'], [route('192.0.2.0/24'), route('default')], 9000],
    [
      'less where the route to a peer says so',
      ['192.0.2.2', '198.51.100.7'],
      [route('198.51.100.0/24', 1500), route('192.0.2.0/24')],
      1500,
    ],
    [
      'that of the nearest route, not of one around it',
      ['198.51.100.7'],
      [route('default', 1400), route('198.51.100.7')],
      9000,
    ],
    ['that of the route to everywhere when there is no nearer', ['198.51.100.7'], [route('default', 1400)], 1400],
    [
      'not that of other interfaces or of ways to nobody',
      ['192.0.2.2'],
      [route('default', 1280, 'eth1'), route('203.0.113.0/24', 1280)],
      9000,
    ],
    ['never more than the interface’s', ['192.0.2.2'], [route('192.0.2.0/24', 65_000)], 9000],
  ])('follows the way to the peers: %s', (_, addresses, routes, mtu) => {
    expect(withPathMtu(UNDERLAY, routes, addresses.map(peer)).mtu).toBe(mtu);
  });
});
