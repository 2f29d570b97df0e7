import fc from 'fast-check';
import { commandProblem, isDeeperThan, isLargerThan, MESSAGE_DEPTH, OBJECT_DEPTH } from '.';

/** Lists in one another, as JSON.parse makes them of a text of any depth. */
const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
const nestedMaps = (levels: number): unknown => JSON.parse('{"a":'.repeat(levels) + '1' + '}'.repeat(levels));

describe('how deep a value is', () => {
  it('is told to the level', () => {
    for (const make of [nested, nestedMaps]) {
      expect(isDeeperThan(make(7), 7)).toBe(false);
      expect(isDeeperThan(make(8), 7)).toBe(true);
    }
    expect(isDeeperThan('text', 0)).toBe(false);
  });

  it('is told of what no recursion could follow', () => {
    expect(isDeeperThan(nestedMaps(500_000), OBJECT_DEPTH)).toBe(true);
  });

  it('a command as deep as an object may be passes, a deeper one is refused before anybody reads it', () => {
    const command = (patch: unknown) => ({
      id: 'c1',
      type: 'PatchObject',
      actor: 'someone',
      data: { resource: 'configmaps', namespace: 'default', name: 'a', patchType: 'merge', patch },
    });
    expect(commandProblem(command(nestedMaps(OBJECT_DEPTH)))).toBeUndefined();
    const problem = `is nested too deeply: at most ${MESSAGE_DEPTH} levels are allowed`;
    for (const levels of [MESSAGE_DEPTH, 5_000, 500_000]) {
      expect(commandProblem(command(nestedMaps(levels)))).toBe(problem);
    }
  });
});

describe('how large a value is', () => {
  it('is told to the byte, whatever is in it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: -2, max: 2 }), (value, more) => {
        const bytes = Buffer.byteLength(JSON.stringify(value));
        expect(isLargerThan(value, bytes + more)).toBe(more < 0);
      }),
    );
  });

  it('counts bytes, not characters', () => {
    expect(isLargerThan('船'.repeat(100), 302)).toBe(false);
    expect(isLargerThan('船'.repeat(100), 301)).toBe(true);
    expect(isLargerThan('\u0001'.repeat(100), 601)).toBe(true);
  });
});
