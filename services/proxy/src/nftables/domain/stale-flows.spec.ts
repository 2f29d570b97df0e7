import type { TrackedFlow } from '@shiplog/hostnet';
import { leftBehind, leftOver } from './stale-flows';

/** `10.0.0.1:53`, the address that a client sends to, and the one that answers. */
function flow(to: string, from: string): TrackedFlow {
  const [address = '', port = ''] = to.split(':');
  const [backend = '', backendPort = ''] = from.split(':');
  return { address, port, backend, backendPort, isTranslated: to !== from, handle: Buffer.alloc(0) };
}

describe('changes leave conversations behind', () => {
  const change = (collection: string, key: string, before?: string, after?: string) => ({
    collection,
    key,
    before,
    after,
  });
  const isStale = leftBehind([
    change('vip_slot_0', '10.96.0.12 . udp . 53', '10.244.2.4 . 53'),
    change('port_slot_1', 'udp . 30053', '10.244.2.5 . 53'),
    change('vip_slot_0', '10.96.0.12 . tcp . 53', '10.244.2.4 . 53'),
    change('vip_slot_2', '10.96.0.12 . udp . 53', '10.244.2.6 . 53', '10.244.2.7 . 53'),
    change('vip_slot_1', '10.96.0.12 . udp . 53', '10.244.2.8 . 53', '10.244.2.6 . 53'),
    change('vip_slot_0', '10.96.0.13 . udp . 53', undefined, '10.244.2.4 . 53'),
    change('port_slot_0', 'udp . 30054', undefined, '10.244.2.4 . 53'),
    change('vip_entries', '10.96.0.14 . udp . 53', 'goto vip_to_0'),
  ]);

  it.each([
    ['a backend that a cluster IP lost', '10.96.0.12:53', '10.244.2.4:53', true],
    ['another port of that backend', '10.96.0.12:53', '10.244.2.4:54', false],
    ['a backend that a node port lost, on any address', '192.168.9.1:30053', '10.244.2.5:53', true],
    ['a backend that only has another slot now', '10.96.0.12:53', '10.244.2.6:53', false],
    ['a backend whose slot another has', '10.96.0.12:53', '10.244.2.8:53', true],
    ['an address that had no backend', '10.96.0.13:53', '10.96.0.13:53', true],
    ['its new backend', '10.96.0.13:53', '10.244.2.4:53', false],
    ['a port of the number of a new node port', '192.0.2.1:30054', '192.0.2.1:30054', false],
    ['another service', '10.96.0.14:53', '10.244.2.4:53', false],
  ])('with %s', (_, to, from, expected) => {
    expect(isStale?.(flow(to, from))).toBe(expected);
  });

  it('of UDP only, so that others cost no look at the kernel', () => {
    expect(leftBehind([change('vip_slot_0', '10.96.0.12 . tcp . 53', '10.244.2.4 . 53')])).toBeUndefined();
  });
});

describe('conversations from before', () => {
  const element = (collection: string, key: string, after: string) => ({ collection, key, before: undefined, after });
  const TABLE = [
    element('vip_entries', '10.96.0.12 . udp . 53', 'goto vip_pick_2'),
    element('vip_slot_0', '10.96.0.12 . udp . 53', '10.244.1.2 . 5353'),
    element('vip_slot_1', '10.96.0.12 . udp . 53', '10.244.1.3 . 5353'),
    element('outside_vip_slot_0', '203.0.113.7 . udp . 53', '10.244.1.2 . 5353'),
    element('vip_slot_0', '203.0.113.7 . udp . 53', '10.244.1.3 . 5353'),
    element('port_entries', 'udp . 30053', 'goto port_to_0'),
    element('port_slot_0', 'udp . 30053', '10.244.1.2 . 5353'),
    element('refused_vip_entries', '203.0.113.8 . udp . 53', 'goto refuse'),
    element('vip_slot_0', '10.96.0.20 . tcp . 80', '10.244.1.2 . 80'),
  ];
  const isLeftOver = leftOver(TABLE, '10.96.0.0/16');

  it.each([
    ['a cluster IP, to a backend that it has', '10.96.0.12:53', '10.244.1.3:5353'],
    ['an external IP, to one for the clients inside', '203.0.113.7:53', '10.244.1.3:5353'],
    ['an external IP, to one for those outside', '203.0.113.7:53', '10.244.1.2:5353'],
    ['a node port, to its backend', '192.168.9.1:30053', '10.244.1.2:5353'],
    ['somebody outside with the number of a node port', '192.0.2.1:30053', '192.0.2.1:30053'],
    ['a port of the node', '192.168.9.1:30054', '10.244.1.9:53'],
    ['a backend itself', '10.244.1.2:5353', '10.244.1.2:5353'],
    ['a name server outside', '192.0.2.1:53', '192.0.2.1:53'],
  ])('go on with %s', (_, to, from) => {
    expect(isLeftOver(flow(to, from))).toBe(false);
  });

  it.each([
    ['a cluster IP, to a backend that is gone', '10.96.0.12:53', '10.244.1.4:5353'],
    ['a cluster IP, to another port of a backend', '10.96.0.12:53', '10.244.1.3:53'],
    ['a cluster IP that had no backend', '10.96.0.12:53', '10.96.0.12:53'],
    ['a node port, to a backend that is gone', '192.168.9.1:30053', '10.244.1.3:5353'],
    ['an external IP of a service without endpoints', '203.0.113.8:53', '10.244.1.2:5353'],
    ['a service that is gone', '10.96.0.13:53', '10.244.1.2:5353'],
    ['a service that has no such port for UDP', '10.96.0.20:80', '10.244.1.2:80'],
  ])('end with %s', (_, to, from) => {
    expect(isLeftOver(flow(to, from))).toBe(true);
  });

  it('are looked at alike with IPv6', () => {
    const key = 'fd00:10:96::c . udp . 53';
    const ofIpv6 = [
      element('vip_entries', key, 'goto vip_to_0'),
      element('vip_slot_0', key, 'fd00:10:244:1::2 . 5353'),
    ];
    const isLeft = leftOver(ofIpv6, 'fd00:10:96::/112');
    const to = (address: string, backend: string) =>
      isLeft({ address, port: '53', backend, backendPort: '5353', isTranslated: true, handle: Buffer.alloc(0) });
    expect(to('fd00:10:96::c', 'fd00:10:244:1::2')).toBe(false);
    expect(to('fd00:10:96::c', 'fd00:10:244:1::3')).toBe(true);
    expect(to('fd00:10:96::d', 'fd00:10:244:1::2')).toBe(true);
    expect(to('2001:db8::1', '2001:db8::1')).toBe(false);
  });
});
