import fc from 'fast-check';
import { networksOverlap, parseNetwork, type Network } from '@shiplog/apimachinery';
import { at, bare, node } from '../../testing/objects';
import { decidePodCidrs } from './decide';

const network = (text: string): Network => parseNetwork(text)!;
const V4 = { cluster: network('10.244.0.0/16'), prefix: 24 };
const V6 = { cluster: network('fd00:10:244::/56'), prefix: 64 };
const assigned = (nodes: ReturnType<typeof node>[], ranges = [V4]) =>
  decidePodCidrs({ nodes, ranges }).commands.map(({ data }) => {
    const { name, patch } = data as { name: string; patch: { spec: { podCIDR: string; podCIDRs: string[] } } };
    expect(patch.spec.podCIDR).toBe(patch.spec.podCIDRs[0]);
    return [name, ...patch.spec.podCIDRs];
  });

describe('pod networks', () => {
  it('are given to nodes that have none: the lowest that is free, to the oldest node first', () => {
    const nodes = [
      node('has', { podCIDR: '10.244.1.0/24' }),
      bare('nodes', 'young', { creationTimestamp: at(60) }),
      bare('nodes', 'old', { creationTimestamp: at(5) }),
    ];
    expect(assigned(nodes)).toEqual([
      ['old', '10.244.0.0/24'],
      ['young', '10.244.2.0/24'],
    ]);
  });

  it('stay as they are, also when they lie elsewhere', () => {
    expect(assigned([node('a', { podCIDR: '192.168.0.0/24' })])).toEqual([]);
  });

  it('run out with a warning', () => {
    const nodes = [node('a'), node('b'), node('c')];
    const { commands, warnings } = decidePodCidrs({ nodes, ranges: [{ ...V4, cluster: network('10.0.0.0/23') }] });
    expect(commands).toHaveLength(2);
    expect(warnings).toEqual(['no /24 is left in 10.0.0.0/23 for node c']);
  });

  it('are not for hollow nodes, which no packet reaches', () => {
    const hollow = bare('nodes', 'hollow', { labels: { 'shiplog.dev/hollow': 'true' } });
    expect(assigned([hollow, node('a')])).toEqual([['a', '10.244.0.0/24']]);
  });

  it('are one of each family in a dual-stack cluster, each the lowest that is free', () => {
    const nodes = [
      node('has', { podCIDR: '10.244.0.0/24', podCIDRs: ['10.244.0.0/24', 'fd00:10:244:1::/64'] }),
      node('of-one', { podCIDR: '10.244.1.0/24' }),
      node('a'),
      node('b'),
    ];
    expect(assigned(nodes, [V4, V6])).toEqual([
      ['a', '10.244.2.0/24', 'fd00:10:244::/64'],
      ['b', '10.244.3.0/24', 'fd00:10:244:2::/64'],
    ]);
  });

  it('are of both families or of none when one runs out', () => {
    const ranges = [V4, { cluster: network('fd00:10:244::/63'), prefix: 64 }];
    const { commands, warnings } = decidePodCidrs({ nodes: [node('a'), node('b'), node('c')], ranges });
    expect(commands).toHaveLength(2);
    expect(warnings).toEqual(['no /64 is left in fd00:10:244::/63 for node c']);
  });

  it('never overlap, whatever nodes have already', () => {
    const some = fc.array(fc.option(fc.record({ index: fc.nat(255), wide: fc.boolean() })), { maxLength: 40 });
    fc.assert(
      fc.property(some, (given) => {
        const nodes = given.map((own, i) => {
          const cidr = own && (own.wide ? `10.244.${own.index & ~1}.0/23` : `10.244.${own.index}.0/24`);
          return node(`n${i}`, { podCIDR: cidr ?? undefined });
        });
        const before = nodes.flatMap(({ spec }) => spec?.podCIDR ?? []).map(network);
        const made = assigned(nodes).map(([, text]) => network(text!));
        made.forEach((part, i) => {
          const others = [...before, ...made.filter((_, j) => j !== i)];
          expect(others.some((other) => networksOverlap(part, other))).toBe(false);
        });
      }),
    );
  });
});
