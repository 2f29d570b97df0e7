import { countFailure, restartDelay } from './backoff';

describe('the delay before a process starts again', () => {
  it('doubles with each failure in a row, up to ten seconds', () => {
    expect([1, 2, 3, 4, 9, 50].map(restartDelay)).toEqual([200, 400, 800, 1_600, 10_000, 10_000]);
  });

  it('is the first one again after a run of half a minute', () => {
    expect(countFailure(7, 29_000)).toBe(8);
    expect(countFailure(7, 31_000)).toBe(1);
  });
});
