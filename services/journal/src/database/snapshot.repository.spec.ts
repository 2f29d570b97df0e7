import * as fc from 'fast-check';
import { leastMissed } from './snapshot.repository';

describe('of too many snapshots', () => {
  it('the one between the closest neighbours is missed least', () => {
    expect(leastMissed([0, 100, 110, 120, 300])).toBe(2);
    expect(leastMissed([0, 50, 100, 200, 300])).toBe(1);
  });

  it('never the newest or the oldest goes, and what stays is spread', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(10_000), { minLength: 3, maxLength: 30 }), (unordered) => {
        const positions = unordered.sort((a, b) => a - b);
        const gone = leastMissed(positions);
        expect(gone).toBeGreaterThan(0);
        expect(gone).toBeLessThan(positions.length - 1);
      }),
    );
  });
});
