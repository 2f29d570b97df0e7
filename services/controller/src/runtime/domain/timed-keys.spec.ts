import fc from 'fast-check';
import { TimedKeys } from './timed-keys';

describe('keys with times', () => {
  it('come in the order of their times, each once, at the earliest that was given and not taken back', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ add: key, at: fc.nat(50) }) },
      fc.record({ delete: key }),
      fc.record({ until: fc.nat(50) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const timed = new TimedKeys();
        const model = new Map<string, number>();
        for (const item of steps) {
          if ('add' in item) {
            timed.add(item.add, item.at);
            model.set(item.add, Math.min(item.at, model.get(item.add) ?? Infinity));
          } else if ('delete' in item) {
            timed.delete(item.delete);
            model.delete(item.delete);
          } else {
            for (let taken = timed.takeUntil(item.until); taken !== undefined; taken = timed.takeUntil(item.until)) {
              expect(model.get(taken)).toBe(Math.min(...model.values()));
              model.delete(taken);
            }
          }
          expect(timed.next()).toBe(model.size === 0 ? undefined : Math.min(...model.values()));
        }
      }),
    );
  });
});
