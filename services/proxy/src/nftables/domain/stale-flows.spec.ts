import { readFlows } from '../conntrack';
import { leftoverFlows, staleFlows } from './stale-flows';

describe('stale flows', () => {
  it('are those of UDP slots that lost their backend, or are the first of an address', () => {
    const change = (collection: string, key: string, before?: string) => ({
      collection,
      key,
      before,
      after: undefined,
    });
    expect(
      staleFlows([
        change('vip_slot_0', '10.96.0.12 . udp . 53', '10.244.2.4 . 53'),
        change('port_slot_1', 'udp . 30053', '10.244.2.5 . 53'),
        change('vip_slot_0', '10.96.0.12 . tcp . 53', '10.244.2.4 . 53'),
        change('vip_slot_2', '10.96.0.12 . udp . 53', undefined),
        change('vip_slot_0', '10.96.0.13 . udp . 53', undefined),
        change('port_slot_0', 'udp . 30054', undefined),
        change('vip_entries', '10.96.0.12 . udp . 53', 'goto vip_to_0'),
      ]),
    ).toEqual([
      { address: '10.96.0.12', port: '53', backend: '10.244.2.4' },
      { address: undefined, port: '30053', backend: '10.244.2.5' },
      { address: '10.96.0.13', port: '53', backend: undefined },
    ]);
  });
});

describe('conversations from before', () => {
  const flow = (to: string, from: string): string => {
    const [address, port] = to.split(':');
    const [backend, backendPort] = from.split(':');
    return `udp      17 118 src=192.168.9.2 dst=${address} sport=41001 dport=${port} src=${backend} dst=192.168.9.2 sport=${backendPort} dport=41001 [ASSURED] mark=0 use=1`;
  };
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
    element('targets', '10.244.1.2 . udp . 5353', 'goto masquerade_all'),
  ];
  const leftover = (to: string, from: string) =>
    leftoverFlows(readFlows(flow(to, from)), TABLE, '10.96.0.0/16').map((item) => item.backend);

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
    expect(leftover(to, from)).toEqual([]);
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
    expect(leftover(to, from)).toEqual([from.split(':')[0]]);
  });

  it('are ended once for all clients of a backend, and nothing else in the listing is taken for one', () => {
    const listing = [
      flow('10.96.0.12:53', '10.244.1.4:5353'),
      flow('10.96.0.12:53', '10.244.1.4:5353').replaceAll('41001', '41002'),
      'udp      17 29 src=192.168.9.2 dst=10.96.0.12 sport=41003 dport=53 [UNREPLIED] src=10.244.1.5 dst=192.168.9.2 sport=5353 dport=41003 mark=0 use=1',
      flow('10.96.0.12:53', '10.244.1.6:5353').replace('udp ', 'tcp '),
      'conntrack v1.4.7 (conntrack-tools): 4 flow entries have been shown.',
      '',
    ].join('\n');
    expect(leftoverFlows(readFlows(listing), TABLE, '')).toEqual([
      { address: '10.96.0.12', port: '53', backend: '10.244.1.4' },
      { address: '10.96.0.12', port: '53', backend: '10.244.1.5' },
    ]);
  });
});
