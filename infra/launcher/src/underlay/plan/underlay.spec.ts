import { layoutOf } from '../../layout';
import { bridgeCommands, underlayRules, hardwareAddress, hostVethCommands, minionCommands } from './underlay';

describe('the network between minions', () => {
  const layout = layoutOf({ slot: 0, minions: 2, home: '/x' });
  const minion = layout.minions[1]!;

  it('is a bridge with the host on it, and a veth to each minion', () => {
    expect(bridgeCommands(layout)).toEqual(['addr replace 172.30.0.1/24 dev shiplog0', 'link set shiplog0 up']);
    expect(hostVethCommands(layout, minion)).toEqual(['link set shiplog0m2 master shiplog0', 'link set shiplog0m2 up']);
    expect(minionCommands(layout, minion)).toEqual([
      'link set lo up',
      'addr replace 172.30.0.12/24 dev eth0',
      'link set eth0 up',
      'route replace default via 172.30.0.1',
    ]);
  });

  it('has addresses of IPv6 in a dual-stack cluster, and a way to its Services but none to the world', () => {
    const dual = layoutOf({ slot: 0, minions: 2, home: '/x', dualStack: true });
    expect(bridgeCommands(dual)).toContain('addr replace fd53:6869:7000:1::1/64 dev shiplog0 nodad');
    const commands = minionCommands(dual, dual.minions[1]!);
    expect(commands).toContain('addr replace fd53:6869:7000:1::12/64 dev eth0 nodad');
    expect(commands.filter((command) => command.startsWith('route'))).toEqual([
      'route replace default via 172.30.0.1',
      'route replace fd53:6869:7000:2::/112 via fd53:6869:7000:1::1',
    ]);
  });

  it('gives each end the same hardware address whenever it is made, and no two the same', () => {
    expect(hardwareAddress('172.30.0.12')).toBe('02:53:ac:1e:00:0c');
    const all = [layout.hostAddress, ...layout.minions.map(({ address }) => address)].map(hardwareAddress);
    expect(new Set(all).size).toBe(3);
  });

  it('replaces its rules as a whole, and translates only what leaves the bridge', () => {
    const rules = underlayRules(layout);
    expect(rules.indexOf('delete table')).toBeGreaterThan(rules.indexOf('table ip shiplog_fabric_0'));
    expect(rules).toContain('ip saddr 172.30.0.0/24 oifname != "shiplog0" masquerade');
  });
});
