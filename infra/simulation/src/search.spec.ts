import type { Mutation } from './mutation';
import type { Outcome } from './run';
import { Search } from './search';

const mutation: Mutation = { fault: 'a fault', found: ['must hold'], install: () => () => undefined };
const outcome = (invariant?: string): Outcome =>
  ({ violation: invariant === undefined ? undefined : { invariant, detail: '', step: 1 } }) as Outcome;

describe('Search', () => {
  it('gives the seeds of one fault after the other, until what it must break is violated', () => {
    const search = new Search({ one: mutation }, 5, 3);
    const first = search.next()!;
    expect(first).toEqual({ seed: 5, mutation: 'one' });
    expect(search.done(first, outcome('something else'))).toBeUndefined();
    const second = search.next()!;
    expect(search.done(second, outcome('must hold'))).toBe('✓ one: found in seed 6: must hold');
    expect(search.next()).toBeUndefined();
    expect(search.isComplete).toBe(true);
  });

  it('looks for several at a time, and for the last in several seeds at a time', () => {
    const search = new Search({ one: mutation, two: mutation }, 1, 3);
    const given = [search.next()!, search.next()!, search.next()!];
    expect(given.map(({ seed, mutation }) => `${mutation} ${seed}`)).toEqual(['one 1', 'two 1', 'one 2']);
    search.done(given[1]!, outcome('must hold'));
    search.done(given[2]!, outcome('must hold'));
    expect(search.done(given[0]!, outcome('must hold'))).toBeUndefined();
    expect(search.isComplete).toBe(true);
  });

  it('says of one that is not found what was violated instead', () => {
    const search = new Search({ one: mutation }, 1, 2);
    search.done(search.next()!, outcome('something else'));
    expect(search.done(search.next()!, outcome())).toBe('✗ one: not found in 2 seeds, but for: something else');
    expect(search.next()).toBeUndefined();
    expect(search.isComplete).toBe(false);
  });
});
