import fc from 'fast-check';
import { parseCidr, type Cidr } from '@shiplog/apimachinery';
import { at, bare, node } from '../../testing/objects';
import { decidePodCidrs } from './decide';

const cluster = parseCidr('10.244.0.0/16')!;
const assigned = (nodes: ReturnType<typeof node>[], prefix = 24) =>
  decidePodCidrs({ nodes, cluster, prefix }).commands.map(({ data }) => {
    const { name, patch } = data as { name: string; patch: { spec: { podCIDR: string } } };
    return [name, patch.spec.podCIDR];
  });

const overlap = (a: Cidr, b: Cidr): boolean => a.base < b.base + b.size && b.base < a.base + a.size;

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
    const { commands, warnings } = decidePodCidrs({ nodes, cluster: parseCidr('10.0.0.0/23')!, prefix: 24 });
    expect(commands).toHaveLength(2);
    expect(warnings).toEqual(['no /24 is left in 10.0.0.0/23 for node c']);
  });

  it('never overlap, whatever nodes have already', () => {
    const some = fc.array(fc.option(fc.record({ index: fc.nat(255), wide: fc.boolean() })), { maxLength: 40 });
    fc.assert(
      fc.property(some, (given) => {
        const nodes = given.map((network, i) => {
          const cidr = network && (network.wide ? `10.244.${network.index & ~1}.0/23` : `10.244.${network.index}.0/24`);
          return node(`n${i}`, { podCIDR: cidr ?? undefined });
        });
        const before = nodes.flatMap(({ spec }) => spec?.podCIDR ?? []).map((text) => parseCidr(text)!);
        const made = assigned(nodes).map(([, text]) => parseCidr(text!)!);
        made.forEach((network, i) => {
          const others = [...before, ...made.filter((_, j) => j !== i)];
          expect(others.some((other) => overlap(network, other))).toBe(false);
        });
      }),
    );
  });
});
