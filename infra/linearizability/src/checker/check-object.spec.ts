import { checkObject } from './check-object';
import type { Operation } from './operation';
import {
  absent,
  conflict,
  create,
  deleted,
  exists,
  op,
  read,
  remove,
  update,
  value,
  written,
} from './testing/histories';

const verdictOn = (...operations: Operation[]) => checkObject(operations).kind;

describe('histories that some order explains', () => {
  it('one client, one operation after another', () => {
    const history = [
      op(0, 1, read, absent),
      op(2, 3, create('a'), written(5)),
      op(4, 5, create('b'), exists),
      op(6, 7, read, value('a', 5)),
      op(8, 9, update('c', 5), written(6)),
      op(10, 11, update('d', 5), conflict),
      op(12, 13, remove(5), conflict),
      op(14, 15, remove(6), deleted),
      op(16, 17, update('e'), absent),
      op(18, 19, remove(), absent),
      op(20, 21, create('f'), written(9)),
    ];
    expect(verdictOn(...history)).toBe('linearizable');
  });

  it('a read that overlaps a write sees what was before it, or what is after it', () => {
    const write = op(2, 8, update('b'), written(2));
    const made = op(0, 1, create('a'), written(1));
    expect(verdictOn(made, write, op(3, 4, read, value('a', 1)), op(5, 6, read, value('b', 2)))).toBe('linearizable');
    expect(verdictOn(made, write, op(3, 4, read, value('b', 2)), op(5, 6, read, value('b', 2)))).toBe('linearizable');
  });

  it('two creates at once: one is refused, whichever', () => {
    expect(verdictOn(op(0, 5, create('a'), exists), op(1, 6, create('b'), written(1)))).toBe('linearizable');
  });

  it('an operation without an answer may have happened, at any later time, or never', () => {
    const made = op(0, 1, create('a'), written(1));
    const lost = op(2, undefined, update('b'));
    expect(verdictOn(made, lost, op(3, 4, read, value('a', 1)))).toBe('linearizable');
    expect(verdictOn(made, lost, op(3, 4, read, value('b', 2)))).toBe('linearizable');
    expect(verdictOn(made, lost, op(3, 4, read, value('a', 1)), op(90, 91, read, value('b', 2)))).toBe('linearizable');
  });

  it('a lost update that nobody saw explains a conflict', () => {
    const history = [
      op(0, 1, create('a'), written(1)),
      op(2, undefined, update('b')),
      op(3, 4, update('c', 1), conflict),
      op(5, 6, update('d'), written(3)),
    ];
    expect(verdictOn(...history)).toBe('linearizable');
  });
});

describe('histories that no order explains', () => {
  const made = op(0, 1, create('a'), written(1));
  const changed = op(2, 3, update('b'), written(2));

  it('a stale read: the old value after the new one was acknowledged', () => {
    expect(verdictOn(made, changed, op(4, 5, read, value('a', 1)))).toBe('violation');
    expect(verdictOn(made, op(4, 5, read, absent))).toBe('violation');
    expect(verdictOn(made, op(2, 3, remove(), deleted), op(4, 5, read, value('a', 1)))).toBe('violation');
  });

  it('values that go back: the new one was read, and then the old one, while the write was under way', () => {
    const slow = op(2, 9, update('b'), written(2));
    expect(verdictOn(made, slow, op(3, 4, read, value('b', 2)), op(5, 6, read, value('a', 1)))).toBe('violation');
  });

  it('a lost update: two that expected the same version were both done', () => {
    const both = [op(2, 5, update('b', 1), written(2)), op(3, 6, update('c', 1), written(3))];
    expect(verdictOn(made, ...both)).toBe('violation');
  });

  it('an acknowledged write that is gone', () => {
    expect(verdictOn(made, changed, op(4, 5, update('c', 1), written(3)))).toBe('violation');
  });

  it('a double effect: a create without an answer comes back after its object was deleted', () => {
    const history = [
      op(0, undefined, create('a')),
      op(1, 2, read, value('a', 1)),
      op(3, 4, remove(), deleted),
      op(5, 6, read, value('a', 3)),
    ];
    expect(checkObject(history)).toMatchObject({ kind: 'violation', problem: expect.stringContaining('twice') });
  });

  it('an answer of "refused" to what happened all the same', () => {
    const history = [made, op(2, 5, remove(), deleted), op(2, 6, create('b'), exists), op(7, 8, read, value('b', 3))];
    expect(verdictOn(...history)).toBe('violation');
    expect(verdictOn(made, op(2, 3, update('c', 1), conflict), op(4, 5, read, value('c', 2)))).toBe('violation');
  });

  it('refusals without a reason', () => {
    expect(verdictOn(op(0, 1, create('a'), exists))).toBe('violation');
    expect(verdictOn(made, op(2, 3, update('b', 1), conflict))).toBe('violation');
    expect(verdictOn(made, op(2, 3, update('b'), absent))).toBe('violation');
  });

  it('a value that nobody wrote, and a write that is answered with the value of another', () => {
    expect(verdictOn(made, op(2, 3, read, value('z', 2)))).toBe('violation');
    expect(verdictOn(made, op(2, 3, update('b'), { kind: 'written', version: 2, token: 'a' }))).toBe('violation');
  });

  it('one version for two writes, and versions that go back', () => {
    expect(verdictOn(made, op(2, 3, update('b'), written(1)))).toBe('violation');
    expect(verdictOn(op(0, 1, create('a'), written(9)), op(2, 3, update('b'), written(4)))).toBe('violation');
  });
});

describe('the search', () => {
  it('says so when its budget does not suffice', () => {
    // Reads of what nobody wrote can't be placed, so every order of the open writes is tried.
    const open = Array.from({ length: 24 }, (_, i) => op(0, undefined, update(`t${i}`)));
    const verdict = checkObject([op(0, 1, create('a'), written(1)), ...open, op(2, 3, read, absent)], 1_000);
    expect(verdict).toEqual({ kind: 'undecided', steps: 1_000 });
  });

  it('goes through long histories at once', () => {
    const rounds = Array.from({ length: 2_000 }, (_, i) => [
      op(3 * i, 3 * i + 2, i === 0 ? create('t0') : update(`t${i}`, i), written(i + 1)),
      op(3 * i + 0.5, 3 * i + 2.5, read, value(`t${i}`, i + 1)),
    ]).flat();
    expect(checkObject(rounds)).toMatchObject({ kind: 'linearizable' });
  });

  it('shows what can not be brought together, and nothing from long before', () => {
    const history = [
      op(0, 1, create('a'), written(1)),
      ...Array.from({ length: 30 }, (_, i) => op(10 + 2 * i, 11 + 2 * i, read, value('a', 1))),
      op(100, 101, update('b'), written(2)),
      op(102, 103, read, value('a', 1)),
    ];
    const verdict = checkObject(history);
    if (verdict.kind !== 'violation') throw new Error('no violation was found');
    expect(verdict.problem).toContain('at best the object is then "b"');
    expect(verdict.operations).toContain(history.at(-1));
    expect(verdict.operations.length).toBeLessThan(20);
  });
});
