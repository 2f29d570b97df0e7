import { BackOff, KeyedBackOff } from './back-off';

const BOUNDS = { firstMs: 50, longestMs: 300 };

describe('a back-off', () => {
  it('doubles with each failure in a row up to its bound, and starts over after a success', () => {
    const backOff = new BackOff(BOUNDS);
    expect(Array.from({ length: 5 }, () => backOff.failed())).toEqual([50, 100, 200, 300, 300]);
    backOff.succeeded();
    expect([backOff.failures, backOff.failed(), backOff.failures]).toEqual([0, 50, 1]);
  });

  it('stays at its bound after more failures than a number can double', () => {
    const backOff = new BackOff(BOUNDS);
    for (let i = 0; i < 2_000; i++) backOff.failed();
    expect(backOff.failed()).toBe(300);
  });
});

describe('a back-off by key', () => {
  it('counts each key for itself, from its last success on', () => {
    const backOff = new KeyedBackOff(BOUNDS);
    expect(Array.from({ length: 4 }, () => backOff.failed('a').waitMs)).toEqual([50, 100, 200, 300]);
    expect(backOff.failed('b')).toEqual({ attempt: 1, waitMs: 50 });
    backOff.succeeded('a');
    expect(backOff.failed('a')).toEqual({ attempt: 1, waitMs: 50 });
  });
});
