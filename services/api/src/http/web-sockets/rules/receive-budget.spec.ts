import { ReceiveBudget } from './receive-budget';

describe('what a client may send unasked', () => {
  it('is 128 KiB in half a minute', () => {
    const budget = new ReceiveBudget(1_000);
    expect(budget.spend(131_072, 1_000)).toBe(true);
    expect(budget.spend(1, 30_999)).toBe(false);
    expect(budget.spend(1, 31_000)).toBe(true);
  });

  it('is not spent by a ping every few seconds', () => {
    const budget = new ReceiveBudget(0);
    for (let now = 0; now < 24 * 3_600_000; now += 3_000) expect(budget.spend(131, now)).toBe(true);
  });
});
