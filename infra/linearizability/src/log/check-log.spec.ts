import type { Operation } from '../checker/operation';
import { create, exists, op, written } from '../checker/testing/histories';
import { checkCommands, checkWatch, checkWrites, type LoggedEvent } from './check-log';

const event = (position: number, token: string | undefined, key = 'x'): LoggedEvent => {
  return { position, token, key, commandId: `id-${position}` };
};
const problems = (operation: Operation, ...events: LoggedEvent[]): string[] => checkWrites([operation], events);

describe('writes and the log', () => {
  it('agree', () => {
    expect(problems(op(0, 1, create('a'), written(4)), event(4, 'a'))).toEqual([]);
    expect(problems(op(0, 1, create('a'), exists), event(4, 'b'))).toEqual([]);
    expect(problems(op(0, undefined, create('a')))).toEqual([]);
    expect(problems(op(0, undefined, create('a')), event(4, 'a'))).toEqual([]);
  });

  it('disagree: lost, done although refused, done twice, done elsewhere', () => {
    const done = op(0, 1, create('a'), written(4));
    expect(problems(done)).toEqual([expect.stringContaining('is not in the log')]);
    expect(problems(done, event(5, 'a'))).toEqual([expect.stringContaining('is in the log at 5')]);
    expect(problems(done, event(4, 'a'), event(5, 'a'))).toEqual([expect.stringContaining('2 times')]);
    expect(problems(op(0, 1, create('a'), exists), event(4, 'a'))).toEqual([
      expect.stringContaining('answered "exists"'),
    ]);
  });

  it('know each accepted command by its id', () => {
    expect(checkCommands(new Map([['id-4', 4]]), [event(4, 'a')])).toEqual([]);
    expect(checkCommands(new Map([['id-4', 5]]), [event(4, 'a')])).toHaveLength(1);
    expect(checkCommands(new Map([['lost', 5]]), [event(4, 'a')])).toHaveLength(1);
  });
});

describe('a watch and the log', () => {
  const log = [event(3, 'a'), event(5, 'b'), event(8, undefined), event(9, 'c', 'y')];
  const heard = (from: number, ...versions: number[]) => {
    const events = versions.map((version) => ({ type: 'MODIFIED', key: version === 9 ? 'y' : 'x', version }));
    return [{ from, events }];
  };

  it('agree up to what was heard last', () => {
    expect(checkWatch('api', heard(3, 5, 8, 9), log)).toEqual([]);
    expect(checkWatch('api', heard(4, 5, 8), log)).toEqual([]);
    expect(checkWatch('api', heard(9), log)).toEqual([]);
  });

  it('disagree: one is missed, doubled, out of order, or of another object', () => {
    expect(checkWatch('api', heard(3, 5, 9), log)).toEqual([expect.stringContaining('where the log has x at 8')]);
    expect(checkWatch('api', heard(3, 5, 5, 8), log)).toHaveLength(1);
    expect(checkWatch('api', heard(3, 8, 5, 9), log)).toHaveLength(1);
    expect(checkWatch('api', heard(5, 8, 9), [event(8, undefined), event(9, 'c', 'z')])).toHaveLength(1);
  });
});
