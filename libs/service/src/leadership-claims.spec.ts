import { firstOf, type Claim } from './leadership-claims';

const claim = (member: string, state: Claim['state'], since: number): Claim => ({ member, state, since });

describe('which claim goes first', () => {
  it('who leads goes before who waits, however long', () => {
    expect(firstOf([claim('a', 'waits', 1), claim('b', 'leads', 9)])?.member).toBe('b');
  });
  it('the elder of two that lead goes on', () => {
    expect(firstOf([claim('a', 'leads', 5), claim('b', 'leads', 4)])?.member).toBe('b');
  });
  it('the lower name decides between those of one age, in whatever order they are heard', () => {
    const claims = [claim('b', 'waits', 1), claim('a', 'waits', 1)];
    expect(firstOf(claims)?.member).toBe('a');
    expect(firstOf(claims.reverse())?.member).toBe('a');
  });
  it('nobody goes first where nobody claims', () => {
    expect(firstOf([])).toBeUndefined();
  });
});
