import { cluster, create, patch, remove } from './decide/testing/given';

const nodePortOf = (at: ReturnType<typeof cluster>, name: string): number | undefined =>
  (at.get('services', 'default', name) as { spec?: { ports?: { nodePort?: number }[] } } | undefined)?.spec?.ports?.[0]
    ?.nodePort;
const spec = { type: 'NodePort', ports: [{ port: 80 }] };

describe('addresses and ports of services', () => {
  it('are free again when their service is gone or has others, and are asked of the state, not of a list', () => {
    const at = cluster().given(create('services', 'a', { spec }));
    const port = nodePortOf(at, 'a');
    const wanting = (name: string) =>
      create('services', name, { spec: { ...spec, ports: [{ port: 80, nodePort: port }] } });
    expect(at.when(wanting('b')).rejection).toMatchObject({ code: 422 });
    at.given(patch('services', 'a', { spec: { ports: [{ port: 80, nodePort: 30_007 === port ? 30_008 : 30_007 }] } }));
    at.given(wanting('b'));
    at.given(remove('services', 'b')).given(wanting('c'));
    expect(nodePortOf(at, 'c')).toBe(port);
  });

  it('cost a new service as much with thousands of others as with none', () => {
    const at = cluster();
    let made = 0;
    const make = (count: number): number => {
      const before = process.cpuUsage();
      for (const end = made + count; made < end; made++)
        at.given(create('services', `s${made}`, { spec: { ports: [{ port: 80 }] } }));
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    };
    // The least of several: the collector of garbage, which has more to look at later, is in some of them only.
    const cost = (): number => Math.min(...Array.from({ length: 10 }, () => make(25)));
    make(500);
    const few = cost();
    make(4_000);
    expect(cost()).toBeLessThan(4 * Math.max(few, 2));
  });
});
