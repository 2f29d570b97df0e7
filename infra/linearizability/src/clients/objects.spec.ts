import { op, read, update, value, written } from '../checker/testing/histories';
import { Objects } from './objects';

describe('the objects that clients write to', () => {
  const on = (key: string, operation: ReturnType<typeof op>) => ({ ...operation, key });

  it('remember the versions that were seen, newest first', () => {
    const objects = new Objects();
    const key = objects.key(0);
    objects.record(on(key, op(0, 1, update('a'), written(4))));
    objects.record(on(key, op(2, 3, read, value('b', 9))));
    objects.record(on(key, op(4, 5, read, value('a', 4))));
    expect(objects.versions(0)).toEqual([9, 4]);
  });

  it('are replaced after enough operations, and before the unanswered writes are too many', () => {
    const objects = new Objects();
    const first = objects.key(0);
    for (let i = 0; i < 6; i++) objects.record(on(first, op(i, undefined, update(`t${i}`))));
    const second = objects.key(0);
    expect(second).not.toBe(first);
    for (let i = 0; i < 120; i++) objects.record(on(second, op(i, i + 1, read, { kind: 'absent' })));
    expect(objects.key(0)).not.toBe(second);
    expect(objects.versions(0)).toEqual([]);
    expect(objects.history).toHaveLength(126);
  });

  it('an operation on one that was replaced is in the history all the same', () => {
    const objects = new Objects();
    objects.record(on('r0-99', op(0, 1, read, value('z', 3))));
    expect(objects.history).toHaveLength(1);
    expect(objects.versions(0)).toEqual([]);
  });
});
