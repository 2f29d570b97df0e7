import { isMet, percentile, rounded, type Figure } from './figures';

const figure = (over: Partial<Figure>): Figure => ({ id: 'x', description: 'x', value: 10, unit: '/s', ...over });

describe('percentile', () => {
  it('is a number of the list, whatever its order', () => {
    expect(percentile([5, 1, 4, 2, 3], 0.5)).toBe(3);
    expect(percentile([5, 1, 4, 2, 3], 0.99)).toBe(5);
    expect(percentile([7], 0.99)).toBe(7);
  });

  it('is no number of nothing', () => expect(percentile([], 0.5)).toBeNaN());
});

describe('isMet', () => {
  it('says nothing without a goal', () => expect(isMet(figure({}))).toBeUndefined());

  it('compares with the goal, its own value or its ratio to what stands beside it', () => {
    expect(isMet(figure({ goal: { kind: 'at-least', value: 10 } }))).toBe(true);
    expect(isMet(figure({ goal: { kind: 'at-most', value: 9 } }))).toBe(false);
    const beside = { description: 'docker run', value: 9, unit: '/s' };
    expect(isMet(figure({ beside, goal: { kind: 'ratio-at-most', value: 1.2 } }))).toBe(true);
    expect(isMet(figure({ goal: { kind: 'ratio-at-most', value: 1.2 } }))).toBe(false);
    expect(isMet(figure({ beside, goal: { kind: 'ratio-at-least', value: 1.2 } }))).toBe(false);
    expect(isMet(figure({ beside, goal: { kind: 'ratio-at-least', value: 1.1 } }))).toBe(true);
    expect(isMet(figure({ goal: { kind: 'ratio-at-least', value: 0 } }))).toBe(true);
  });

  it('calls nothing a success that had errors', () => {
    expect(isMet(figure({ goal: { kind: 'at-least', value: 1 }, errors: 1 }))).toBe(false);
  });
});

describe('rounded', () => {
  it('keeps as many digits as mean something', () => {
    expect(rounded(1234.56)).toBe(1235);
    expect(rounded(12.3456)).toBe(12.3);
    expect(rounded(0.123456)).toBe(0.123);
  });
});
