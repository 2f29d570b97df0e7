import * as fc from 'fast-check';
import { ElementOwnership } from './element-ownership';
import { planSlots } from './service-elements';

const backend = fc.integer({ min: 1, max: 12 }).map((n) => ({ ip: `10.244.1.${n}`, port: 80 }));
const backends = fc.uniqueArray(backend, { selector: (item) => item.ip, maxLength: 10 });

describe('slots', () => {
  it('hold every backend once, and who had a slot that is still there keeps it', () => {
    fc.assert(
      fc.property(backends, backends, (before, wanted) => {
        const after = planSlots(before, wanted);
        expect(after.map((item) => item.ip).sort()).toEqual(wanted.map((item) => item.ip).sort());
        before.slice(0, wanted.length).forEach((item, slot) => {
          if (wanted.some((other) => other.ip === item.ip)) expect(after[slot]).toEqual(item);
        });
      }),
    );
  });
});

describe('the ownership of elements', () => {
  const claims = fc.array(
    fc.record({
      owner: fc.constantFrom('a', 'b', 'c'),
      keys: fc.uniqueArray(fc.constantFrom('k1', 'k2', 'k3'), { maxLength: 3 }),
      value: fc.constantFrom('x', 'y'),
    }),
    { maxLength: 20 },
  );

  it('tells changes that add up to what the first of the claimants wants', () => {
    fc.assert(
      fc.property(claims, (steps) => {
        const ownership = new ElementOwnership();
        const kernel = new Map<string, string>();
        const wanted = new Map<string, { keys: string[]; value: string }>();
        for (const { owner, keys, value } of steps) {
          wanted.set(owner, { keys, value });
          const elements = keys.map((key) => ({ collection: 'm', key, value }));
          for (const { key, before, after } of ownership.replace(owner, elements)) {
            expect(kernel.get(key)).toBe(before);
            if (after === undefined) kernel.delete(key);
            else kernel.set(key, after);
          }
        }
        for (const key of ['k1', 'k2', 'k3']) {
          const winner = ['a', 'b', 'c'].find((owner) => wanted.get(owner)?.keys.includes(key));
          expect(kernel.get(key)).toBe(winner === undefined ? undefined : wanted.get(winner)?.value);
        }
        expect(ownership.all()).toHaveLength(kernel.size);
      }),
    );
  });
});
