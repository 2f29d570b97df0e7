import { checkHistory } from './check-history';
import { checkPositions } from './check-positions';
import type { Operation } from './operation';
import { create, op, read, value, written } from './testing/histories';

const at = (operation: Operation, position: number, key = 'x'): Operation => ({ ...operation, position, key });

describe('positions over all objects', () => {
  const write = at(op(0, 1, create('a'), written(7)), 7);

  it('a later write of another object has a later position, also than one that was only read', () => {
    expect(checkPositions([write, at(op(2, 3, create('b'), written(8)), 8, 'y')])).toEqual([]);
    expect(checkPositions([write, at(op(2, 3, create('b'), written(6)), 6, 'y')])).toHaveLength(1);
    const seen = op(2, 3, read, value('a', 7));
    expect(checkPositions([seen, at(op(4, 5, create('b'), written(6)), 6, 'y')])).toHaveLength(1);
  });

  it('a read of another object is answered at that position or a later one', () => {
    const late = (position: number) => at(op(2, 3, read, { kind: 'absent' }), position, 'y');
    expect(checkPositions([write, late(7)])).toEqual([]);
    expect(checkPositions([write, late(6)])[0]?.problem).toContain('answered at position 6');
  });

  it('operations that overlap are in either order', () => {
    expect(checkPositions([write, at(op(0.5, 3, create('b'), written(6)), 6, 'y')])).toEqual([]);
  });
});

describe('a whole history', () => {
  it('is checked object by object, and its positions', () => {
    const history = [
      at(op(0, 1, create('a'), written(1)), 1),
      at(op(2, undefined, create('b')), 0, 'y'),
      at(op(3, 4, read, { kind: 'absent' }), 1, 'x'),
    ].map((operation) => (operation.completed === undefined ? { ...operation, position: undefined } : operation));
    const report = checkHistory(history);
    expect(report).toMatchObject({ operations: 3, unanswered: 1, objects: 2, undecided: [] });
    expect(report.violations.map(({ problem }) => problem)).toEqual([expect.stringContaining('read of x')]);
  });
});
