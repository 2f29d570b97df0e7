import { followJsonPath, parseJsonPath } from './json-path';

const object = {
  spec: { size: 3, 'a.b': 'dotted', list: [1, 2, 3, 4], items: [{ name: 'x', n: 1 }, { name: 'y', n: 2 }] },
  status: { conditions: [{ type: 'Ready', status: 'True' }, { type: 'Other', status: 'False' }] },
}; // prettier-ignore

describe('a JSON path', () => {
  it.each<[string, unknown[]]>([
    ['.spec.size', [3]],
    ['.spec.none.at.all', []],
    ['.spec.a\\.b', ['dotted']],
    [".spec['a.b']", ['dotted']],
    ['.spec["size"]', [3]],
    ['.spec[size]', [3]],
    [".spec['size','a.b']", [3, 'dotted']],
    ['.spec.list[0]', [1]],
    ['.spec.list[-1]', [4]],
    ['.spec.list[0,2]', [1, 3]],
    ['.spec.list[1:3]', [2, 3]],
    ['.spec.list[-2:]', [3, 4]],
    ['.spec.list[::2]', [1, 3]],
    ['.spec.list[*]', [1, 2, 3, 4]],
    ['.spec.items[*].name', ['x', 'y']],
    ['.spec.items.*.n', [1, 2]],
    ['..name', ['x', 'y']],
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    [".status.conditions[?( @.type != 'Ready' )].status", ['False']],
    ['.spec.items[?(@.n>1)].name', ['y']],
    ['.spec.items[?(@.none)].name', []],
    ['.spec.items[?(@.n<=1)].name', ['x']],
    ['.constructor', []],
    ['.', [object]],
  ])('%s', (path, values) => {
    const steps = parseJsonPath(path);
    expect(steps === undefined ? undefined : followJsonPath(steps, object)).toEqual(values);
  });

  it.each(['spec', '.spec[', '.spec[?(@.a', '.spec.items[?(@.a==)]', '.a b', '.list[::0]'])('is none: %s', (path) => {
    expect(parseJsonPath(path)).toBeUndefined();
  });

  it('costs no more than it may', () => {
    const wide = JSON.parse(`{"a":${'{"a":'.repeat(150)}1${'}'.repeat(150)}}`) as unknown;
    const start = process.cpuUsage();
    followJsonPath(parseJsonPath('..a'.repeat(30))!, wide);
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(500);
  });
});
