import { LineBudget } from './line-budget';

describe('the lines of many nodes', () => {
  it('are so many a second at most; how many were left out is told when there is room again', () => {
    const told: number[] = [];
    let now = 0;
    const budget = new LineBudget(
      (leftOut) => told.push(leftOut),
      () => now,
      2,
    );
    expect([budget.allows(), budget.allows(), budget.allows(), budget.allows()]).toEqual([true, true, false, false]);
    expect(told).toEqual([]);
    now = 1_000;
    expect(budget.allows()).toBe(true);
    now = 2_000;
    expect(budget.allows()).toBe(true);
    expect(told).toEqual([2]);
  });
});
