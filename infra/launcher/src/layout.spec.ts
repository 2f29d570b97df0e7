import { canonicalIp } from '@shiplog/apimachinery';
import { layoutOf } from './layout';
import { SLOTS } from './settings';

const at = (slot: number, dualStack = false) => layoutOf({ slot, minions: 3, home: '/home/x/.shiplog', dualStack });

describe('the layout of a cluster on this machine', () => {
  it('has the documented names and addresses in the first slot', () => {
    const { bridge, hostAddress, serviceCidr, clusterCidr, nodePortRange, minions } = at(0);
    expect({ bridge, hostAddress, serviceCidr, clusterCidr, nodePortRange }).toEqual({
      bridge: 'shiplog0',
      hostAddress: '172.30.0.1',
      serviceCidr: '10.96.0.0/16',
      clusterCidr: '10.244.0.0/16',
      nodePortRange: '30000-32767',
    });
    expect(minions.map((minion) => [minion.name, minion.netns, minion.address])).toEqual([
      ['minion-1', 'shiplog-m1', '172.30.0.11'],
      ['minion-2', 'shiplog-m2', '172.30.0.12'],
      ['minion-3', 'shiplog-m3', '172.30.0.13'],
    ]);
  });

  it('has each minion’s socket where its runtime listens', () => {
    const { minions } = layoutOf({ slot: 0, minions: 3, home: '/x', runtimes: ['docker', 'containerd'] });
    expect(minions.map((minion) => minion.socket)).toEqual([
      '/run/shiplog/0/minion-1/docker.sock',
      '/run/shiplog/0/minion-2/containerd.sock',
      '/run/shiplog/0/minion-3/containerd.sock',
    ]);
  });

  it('has ranges and addresses of both families in a dual-stack cluster', () => {
    const { underlay6, serviceCidr, clusterCidr, clusterDns, loadBalancerRange, minions } = at(0, true);
    expect({ underlay6, serviceCidr, clusterCidr, clusterDns, loadBalancerRange }).toEqual({
      underlay6: { hostAddress: 'fd53:6869:7000:1::1', serviceCidr: 'fd53:6869:7000:2::/112' },
      serviceCidr: '10.96.0.0/16,fd53:6869:7000:2::/112',
      clusterCidr: '10.244.0.0/16,fd53:6869:7000:100::/56',
      clusterDns: '10.96.0.10',
      loadBalancerRange: '172.30.0.200-172.30.0.250,fd53:6869:7000:1::200-fd53:6869:7000:1::250',
    });
    expect(minions.map(({ address6 }) => address6)).toEqual([11, 12, 13].map((n) => `fd53:6869:7000:1::${n}`));
    expect(minions.flatMap(({ address6 }) => address6 ?? []).map(canonicalIp)).toEqual(
      minions.map(({ address6 }) => address6),
    );
    expect(at(0)).not.toHaveProperty('underlay6');
    const sites = SLOTS.map((slot) => at(slot, true).underlay6?.hostAddress);
    expect(new Set(sites).size).toBe(SLOTS.length);
  });

  it('has nothing in common with that of any other slot', () => {
    const used = SLOTS.map((slot) => {
      const {
        bridge,
        underlayCidr,
        clusterCidr,
        serviceCidr,
        nodePortRange,
        underlayTable,
        hostName,
        runDir,
        minions,
      } = at(slot);
      const own = minions.flatMap((minion) => [
        minion.netns,
        minion.veth,
        minion.cgroup,
        minion.address,
        minion.socket,
      ]);
      return [bridge, underlayCidr, clusterCidr, serviceCidr, nodePortRange, underlayTable, hostName, runDir, ...own];
    }).flat();
    expect(new Set(used).size).toBe(used.length);
  });

  it('keeps interface names within the fifteen characters that the kernel takes', () => {
    expect(SLOTS.flatMap((slot) => at(slot).minions).every((minion) => minion.veth.length <= 15)).toBe(true);
  });
});
