import { eventually, Namespace } from '@shiplog/testing';
import { FollowedProgram } from './follow';
import { allowIpv6Forwarding, closeForwarding, openForwarding } from './forwarding';
import { batch, hostNetwork, type HostNetwork } from './host-network';
import { applyScript, renderDefinitions, renderTableRemoval, type Definition } from './nft';
import { baseChains, listTables } from './nft-tables';
import { ProgramError } from './run';

let namespace: Namespace;
let network: HostNetwork;

beforeAll(async () => {
  namespace = await Namespace.make(`slhn-${process.pid.toString(36)}`);
  network = namespace.network;
});
afterAll(() => namespace.remove());

describe('commands in a batch', () => {
  const linkNames = async (): Promise<string[]> =>
    (JSON.parse(await network.run('ip', ['-j', 'link', 'show', 'type', 'bridge'])) as { ifname?: string }[])
      .flatMap(({ ifname }) => ifname ?? [])
      .sort();

  it('stop at the first that fails, and what it said is told', async () => {
    const lines = ['link add b1 type bridge', 'link add b1 type bridge', 'link add b2 type bridge'];
    await expect(batch(network, 'ip', lines)).rejects.toThrow(/File exists.*Command failed.*:2/);
    expect(await linkNames()).toEqual(['b1']);
    await batch(network, 'ip', ['link delete b1', 'link add b2 type bridge']);
    expect(await linkNames()).toEqual(['b2']);
    await batch(network, 'ip', ['link delete b2']);
  });

  it('are no process at all when there are none', async () => {
    const never: HostNetwork = { ...network, run: () => Promise.reject(new Error('was run')) };
    await batch(never, 'bridge', []);
  });
});

describe('a setting', () => {
  const FORWARD = '/proc/sys/net/ipv4/ip_forward';
  const CONF = '/proc/sys/net/ipv4/conf/lo/rp_filter';

  it('is made in the namespace, and in no other', async () => {
    const own = await hostNetwork.run('cat', [CONF]);
    const other = own.trim() === '2' ? '1' : '2';
    await network.setting(CONF, other);
    expect((await network.run('cat', [CONF])).trim()).toBe(other);
    expect(await hostNetwork.run('cat', [CONF])).toBe(own);
  });

  it('that is so already is not written, so that it needs no right to', async () => {
    const now = (await hostNetwork.run('cat', [FORWARD])).trim();
    await hostNetwork.setting('/proc/version', (await hostNetwork.run('cat', ['/proc/version'])).trim());
    await hostNetwork.setting(FORWARD, now);
    await expect(hostNetwork.setting('/proc/version', 'another')).rejects.toThrow();
  });
});

describe('forwarding of IPv6', () => {
  it('is allowed, and links that took routes from advertisements go on to, and no others', async () => {
    const read = async (name: string) => (await network.run('cat', [`/proc/sys/net/ipv6/conf/${name}`])).trim();
    await namespace.ip('link add f0 type bridge', 'link add f1 type bridge');
    await network.setting('/proc/sys/net/ipv6/conf/f1/accept_ra', '0');
    for (let time = 0; time < 2; time++) {
      await allowIpv6Forwarding(network);
      expect(await read('all/forwarding')).toBe('1');
      const taking = [await read('f0/accept_ra'), await read('f1/accept_ra'), await read('default/accept_ra')];
      expect(taking).toEqual(['2', '0', '1']);
    }
    await namespace.ip('link delete f0', 'link delete f1');
  });
});

describe('an nft script', () => {
  const TABLE = 'hostnet_spec';
  const DEFINITIONS: Definition[] = [
    { kind: 'map', name: 'ports', body: 'type inet_service : verdict ;' },
    { kind: 'set', name: 'clients', body: 'type ipv4_addr ;', keepsElements: true },
    { kind: 'chain', name: 'refuse', rules: ['drop'] },
    {
      kind: 'chain',
      name: 'input',
      hook: 'type filter hook input priority 0 ; policy accept ;',
      rules: ['tcp dport vmap @ports', 'ip saddr @clients goto refuse'],
    },
  ];
  const whole = (definitions: readonly Definition[]) =>
    `add table ip ${TABLE}\n${renderDefinitions(TABLE, definitions)}`;
  const listed = () => network.run('nft', ['list', 'table', 'ip', TABLE]);
  const tables = () => network.run('nft', ['list', 'tables']);

  beforeEach(() => applyScript(network, renderTableRemoval(TABLE)));

  it('makes definitions whichever refers to which, and the same again changes nothing', async () => {
    await applyScript(network, whole(DEFINITIONS));
    const once = await listed();
    expect(once).toContain('ip saddr @clients goto refuse');
    await applyScript(network, whole(DEFINITIONS));
    expect(await listed()).toBe(once);
  });

  it('empties maps, which are written anew with it, and keeps what packets put into a set', async () => {
    await applyScript(network, whole(DEFINITIONS));
    const elements = `add element ip ${TABLE} ports { 80 : goto refuse }\nadd element ip ${TABLE} clients { 10.0.0.1 }\n`;
    await applyScript(network, elements);
    await applyScript(network, whole(DEFINITIONS));
    expect(await listed()).not.toContain('80 : goto refuse');
    expect(await listed()).toContain('elements = { 10.0.0.1 }');
  });

  it('replaces the rules of a chain in place of adding to them', async () => {
    await applyScript(network, whole(DEFINITIONS));
    await applyScript(network, whole([{ kind: 'chain', name: 'refuse', rules: ['accept'] }]));
    expect(await listed()).toMatch(/chain refuse \{\s+accept\s+\}/);
  });

  it.each([
    ['short, through the shell', 1],
    ['long, through a process of its own', 5_000],
  ])('is all of it or nothing: %s', async (_, count) => {
    const added = Array.from({ length: count }, (__, n) => `add chain ip ${TABLE} c${n}\n`).join('');
    const script = `add table ip ${TABLE}\n${added}`;
    await expect(applyScript(network, `${script}add rule ip ${TABLE} c0 goto nowhere\n`)).rejects.toThrow(ProgramError);
    expect(await tables()).not.toContain(TABLE);
    await applyScript(network, script);
    expect(await listed()).toContain(`chain c${count - 1} {`);
  });

  it('with a NUL byte is refused before anything hears of it', async () => {
    await expect(applyScript(network, `add table ip ${TABLE}\0\n`)).rejects.toThrow('must not hold a NUL byte');
    expect(await tables()).not.toContain(TABLE);
  });

  it('removes a table that is there, and one that is not', async () => {
    await applyScript(network, whole(DEFINITIONS));
    await applyScript(network, renderTableRemoval(TABLE));
    await applyScript(network, renderTableRemoval(TABLE));
    expect(await tables()).not.toContain(TABLE);
  });
});

describe('forwarding over a bridge', () => {
  const rules = () => network.run('iptables', ['-S', 'FORWARD']);

  afterEach(() => network.run('nft', ['flush', 'ruleset']));

  it('is opened where an engine drops what is forwarded, once, and taken back without touching others’ rules', async () => {
    await network.run('iptables', ['-P', 'FORWARD', 'DROP']);
    await network.run('iptables', ['-A', 'FORWARD', '-i', 'docker0', '-j', 'ACCEPT']);
    const before = await rules();
    expect(await openForwarding(network, 'cni0')).toEqual(['-i cni0 -j ACCEPT', '-o cni0 -j ACCEPT']);
    expect(await openForwarding(network, 'cni0')).toEqual([]);
    expect((await rules()).match(/cni0/g)).toHaveLength(2);
    await closeForwarding(network, 'cni0');
    await closeForwarding(network, 'cni0');
    expect(await rules()).toBe(before);
  });

  it('is mended where someone took one of its rules', async () => {
    await network.run('iptables', ['-P', 'FORWARD', 'DROP']);
    await openForwarding(network, 'cni0');
    await network.run('iptables', ['-D', 'FORWARD', '-o', 'cni0', '-j', 'ACCEPT']);
    expect(await openForwarding(network, 'cni0')).toEqual(['-o cni0 -j ACCEPT']);
  });

  it('is opened for IPv6 by itself, and taken back', async () => {
    await network.run('ip6tables', ['-P', 'FORWARD', 'DROP']);
    expect(await openForwarding(network, 'cni0')).toEqual([]);
    expect(await openForwarding(network, 'cni0', 'ip6')).toEqual(['-i cni0 -j ACCEPT', '-o cni0 -j ACCEPT']);
    await closeForwarding(network, 'cni0', 'ip6');
    expect(await network.run('ip6tables', ['-S', 'FORWARD'])).toBe('-P FORWARD DROP\n');
  });

  it('is let alone where nothing drops, or there is no iptables', async () => {
    await network.run('iptables', ['-P', 'FORWARD', 'ACCEPT']);
    expect(await openForwarding(network, 'cni0')).toEqual([]);
    expect(await rules()).toBe('-P FORWARD ACCEPT\n');
    const without = { run: () => Promise.reject(new ProgramError('iptables', 'spawn iptables ENOENT')) };
    expect(await openForwarding(without, 'cni0')).toEqual([]);
    await closeForwarding(without, 'cni0');
  });
});

describe('tables in the kernel', () => {
  it('are seen with their family and rules, and without the elements that nft would take a second to read', async () => {
    await applyScript(
      network,
      [
        'add table ip seen\nadd set ip seen many { type ipv4_addr ; }\nadd element ip seen many { 192.0.2.1 }\n',
        'add chain ip seen hooked { type filter hook forward priority 5 ; }\nadd rule ip seen hooked ip saddr @many drop\n',
        'add chain ip seen called\nadd rule ip seen called accept\nadd table ip6 empty\n',
      ].join(''),
    );
    const tables = await listTables(network);
    expect([...tables.keys()].sort()).toEqual(['ip seen', 'ip6 empty']);
    expect(tables.get('ip seen')).toContain('set many');
    expect(tables.get('ip seen')).not.toContain('192.0.2.1');
    const chains = baseChains(tables.get('ip seen') ?? '');
    expect(chains).toMatch(/hook forward.*\n\t\tip saddr @many drop/);
    expect(chains).not.toContain('called');
    await network.run('nft', ['flush', 'ruleset']);
    expect((await listTables(network)).size).toBe(0);
  });
});

describe('a program that is followed', () => {
  it('is heard line by line, is started again when it ends, and is heard no longer when it was stopped', async () => {
    const heard: (string | undefined)[] = [];
    const followed = network.follow('ip', ['-o', 'monitor', 'link'], (line) => heard.push(line));
    await eventually(async () => {
      await batch(network, 'ip', ['link add f1 type bridge', 'link delete f1']);
      return heard.some((line) => line?.startsWith('Deleted'));
    });
    followed.stop();
    const count = heard.length;
    await batch(network, 'ip', ['link add f1 type bridge', 'link delete f1']);
    expect(heard).toHaveLength(count);
    const again: (string | undefined)[] = [];
    const short = new FollowedProgram('echo', ['hello'], (line) => again.push(line), 1);
    await eventually(() => again.filter((line) => line === 'hello').length > 1 && again.includes(undefined));
    short.stop();
  });
});
