import { amountOf, parseGracePeriods, parseReclaims, parseThresholds } from './thresholds';

describe('the thresholds of eviction', () => {
  it('are amounts or shares, of each signal one', () => {
    expect(parseThresholds('memory.available<100Mi,nodefs.available<10%')).toEqual(
      new Map<string, object>([
        ['memory.available', { amount: 100 * 2 ** 20 }],
        ['nodefs.available', { share: 0.1 }],
      ]),
    );
    expect(parseReclaims('imagefs.available=2Gi')).toEqual(new Map([['imagefs.available', { amount: 2 ** 31 }]]));
    expect(parseGracePeriods('memory.available=1m30s,pid.available=500ms')).toEqual(
      new Map([
        ['memory.available', 90_000],
        ['pid.available', 500],
      ]),
    );
    expect(parseThresholds('none')).toEqual(new Map());
  });

  it('are of what there is at all', () => {
    expect(amountOf({ share: 0.15 }, 1_000)).toBe(150);
    expect(amountOf({ amount: 7 }, 1_000)).toBe(7);
  });

  it.each([
    ['memory<1Gi', 'has "memory<1Gi", which names none of memory.available, '],
    ['memory.available>1Gi', 'names none of'],
    ['memory.available<much', 'has "memory.available<much", whose value can\'t be read'],
    ['memory.available<-1', "can't be read"],
    ['memory.available<101%', "can't be read"],
    ['memory.available<1Gi,memory.available<2Gi', 'has memory.available twice'],
  ])('are not %p', (text, problem) => {
    expect(String(parseThresholds(text))).toContain(problem);
  });
});
