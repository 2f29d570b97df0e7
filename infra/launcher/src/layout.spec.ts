import { layoutOf } from './layout';
import { SLOTS } from './settings';

const at = (slot: number) => layoutOf({ slot, minions: 3, home: '/home/x/.shiplog' });

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
