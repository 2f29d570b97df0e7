import { BackOff } from './back-off';

describe('a back-off', () => {
  it('doubles with each failure of the same key up to its bound', () => {
    const backOff = new BackOff(50, 300);
    const waits = Array.from({ length: 5 }, () => backOff.failed('a').waitMs);
    expect(waits).toEqual([50, 100, 200, 300, 300]);
    expect(backOff.failed('b')).toEqual({ attempt: 1, waitMs: 50 });
  });

  it('starts over after a success', () => {
    const backOff = new BackOff(50, 300);
    backOff.failed('a');
    backOff.failed('a');
    backOff.succeeded('a');
    expect(backOff.failed('a')).toEqual({ attempt: 1, waitMs: 50 });
  });
});
