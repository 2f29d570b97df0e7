import { hollowNames, MOST_NODES, nodeSettings } from './node-settings';

const some = { nodes: 10, prefix: 'hollow', zones: 3, racks: 2 };

describe('a hollow node', () => {
  it('has a name, an address and a range for its pods that no other has', () => {
    const numbers = [1, 2, 300, MOST_NODES];
    const all = numbers.map((n) => nodeSettings(n, some, {}));
    expect(all.map(({ NODE_NAME }) => NODE_NAME)).toEqual(numbers.map((n) => `hollow-${n}`));
    expect(all.map(({ NODE_IP }) => NODE_IP)).toEqual(['198.18.0.1', '198.18.0.2', '198.18.1.44', '198.18.63.255']);
    expect(all.map(({ HOLLOW_POD_CIDR }) => HOLLOW_POD_CIDR)).toEqual([
      '100.64.1.0/24',
      '100.64.2.0/24',
      '100.65.44.0/24',
      '100.127.255.0/24',
    ]);
    expect(hollowNames({ nodes: 2, prefix: 'big' })).toEqual(['big-1', 'big-2']);
    expect(() => nodeSettings(MOST_NODES + 1, some, {})).toThrow(`at most ${MOST_NODES} hollow nodes`);
  });

  it('has an address for each pod that it takes, and fewer nodes find room then', () => {
    const ranged = (n: number, MAX_PODS: string) => nodeSettings(n, some, { MAX_PODS })['HOLLOW_POD_CIDR'];
    expect(['253', '254', '2000'].map((pods) => ranged(1, pods))).toEqual([
      '100.64.1.0/24',
      '100.64.2.0/23',
      '100.64.8.0/21',
    ]);
    expect(() => ranged(2_048, '2000')).toThrow('there are at most 2047 hollow nodes of 2000 pods');
    expect(ranged(1, 'many')).toBe('100.64.1.0/24');
  });

  it('stands in a zone and in one of its racks, evenly, beside what labels all have', () => {
    const placed = Array.from(
      { length: 12 },
      (_, i) => nodeSettings(i + 1, some, { NODE_LABELS: 'disk=ssd' })['NODE_LABELS'],
    );
    expect(placed[0]).toBe('disk=ssd,topology.kubernetes.io/zone=zone-2,shiplog.dev/rack=rack-1');
    const counts = new Map<string | undefined, number>();
    for (const labels of placed) counts.set(labels, (counts.get(labels) ?? 0) + 1);
    expect([...counts.values()]).toEqual([2, 2, 2, 2, 2, 2]);
    expect(nodeSettings(1, { ...some, zones: 0, racks: 0 }, {})['NODE_LABELS']).toBe('');
  });

  it('has what its user says, but nothing of this machine', () => {
    const given = {
      MAX_PODS: '250',
      HEARTBEAT_INTERVAL: '1s',
      EVICTION_HARD: 'memory.available<1Gi',
      NODE_IP: '10.0.0.1',
    };
    expect(nodeSettings(1, some, given)).toMatchObject({
      MAX_PODS: '250',
      HEARTBEAT_INTERVAL: '1s',
      EVICTION_HARD: 'none',
      CONTAINER_RUNTIME: 'hollow',
      NODE_IP: '198.18.0.1',
    });
  });
});
