import { layoutOf } from '../../layout';
import { describeLack, type Observed, planRepairs } from './repairs';

const layout = layoutOf({ slot: 3, minions: 2, home: '/x' });
const [first, second] = [layout.minions[0]!, layout.minions[1]!];

/** All that the launcher made. */
const whole: Observed = {
  links: new Map([
    ['lo', { master: undefined, up: true, addresses: ['127.0.0.1'] }],
    ['shiplog3', { master: undefined, up: true, addresses: ['172.30.3.1'] }],
    ['shiplog3m1', { master: 'shiplog3', up: true, addresses: [] }],
    ['shiplog3m2', { master: 'shiplog3', up: true, addresses: [] }],
  ]),
  namespaces: new Set(['shiplog3-m1', 'shiplog3-m2', 'somebody-elses']),
  connected: new Set(['shiplog3-m1', 'shiplog3-m2', 'somebody-elses']),
  tables: new Set(['ip shiplog_fabric_3']),
  sockets: new Set([first.socket, second.socket]),
};
const lacks = (change: Partial<Observed>) => planRepairs(layout, { ...whole, ...change }).map(describeLack);
const without = <T>(set: ReadonlySet<T>, gone: T) => new Set([...set].filter((item) => item !== gone));
const link = (name: string, change: object) =>
  new Map([...whole.links, [name, { ...whole.links.get(name)!, ...change }]]);

describe('what a launcher finds missing of what it made', () => {
  it('is nothing while all is there', () => {
    expect(lacks({})).toEqual([]);
  });

  it('is the bridge and every veth when the bridge was deleted: their ends are still there, plugged into nothing', () => {
    const links = new Map([...whole.links].map(([name, found]) => [name, { ...found, master: undefined }]));
    links.delete('shiplog3');
    expect(lacks({ links })).toEqual(['bridge shiplog3', 'link shiplog3m1 of minion-1', 'link shiplog3m2 of minion-2']);
  });

  it('is a bridge that was set down or lost its address', () => {
    expect(lacks({ links: link('shiplog3', { up: false }) })).toEqual(['bridge shiplog3']);
    expect(lacks({ links: link('shiplog3', { addresses: [] }) })).toEqual(['bridge shiplog3']);
  });

  it('is a veth that was deleted, set down, or plugged in elsewhere', () => {
    const gone = new Map(whole.links);
    gone.delete('shiplog3m2');
    for (const links of [gone, link('shiplog3m2', { up: false }), link('shiplog3m2', { master: 'docker0' })])
      expect(lacks({ links })).toEqual(['link shiplog3m2 of minion-2']);
  });

  it('is the address or route inside of a namespace, unless that is missing itself', () => {
    const connected = without(whole.connected, 'shiplog3-m1');
    expect(lacks({ connected })).toEqual(['address or route of eth0 in minion-1']);
    expect(lacks({ connected, namespaces: without(whole.namespaces, 'shiplog3-m1') })).toEqual([
      'network namespace shiplog3-m1 of minion-1',
    ]);
  });

  it('is a namespace, the rules, or an engine’s socket, by name', () => {
    expect(lacks({ namespaces: without(whole.namespaces, 'shiplog3-m1') })).toEqual([
      'network namespace shiplog3-m1 of minion-1',
    ]);
    expect(lacks({ tables: new Set() })).toEqual(['rules shiplog_fabric_3 (nftables)']);
    expect(lacks({ sockets: without(whole.sockets, second.socket) })).toEqual([
      'engine socket /run/shiplog/3/minion-2/docker.sock of minion-2',
    ]);
  });

  it('comes in the order in which it has to be made', () => {
    const nothing = {
      links: new Map(),
      namespaces: new Set<string>(),
      connected: new Set<string>(),
      tables: new Set<string>(),
      sockets: new Set<string>(),
    };
    const kinds = planRepairs(layout, nothing).map((lack) => lack.kind);
    expect(kinds).toEqual(['bridge', 'rules', 'namespace', 'namespace', 'veth', 'veth', 'engine', 'engine']);
  });
});
