import { ageOf, humanDuration } from './duration';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('humanDuration', () => {
  it.each([
    [-5 * SECOND, '<invalid>'],
    [-1 * SECOND, '0s'],
    [0, '0s'],
    [119 * SECOND, '119s'],
    [120 * SECOND, '2m'],
    [3 * MINUTE + 20 * SECOND, '3m20s'],
    [10 * MINUTE + 59 * SECOND, '10m'],
    [179 * MINUTE, '179m'],
    [180 * MINUTE, '3h'],
    [7 * HOUR + 5 * MINUTE, '7h5m'],
    [8 * HOUR + 5 * MINUTE, '8h'],
    [47 * HOUR, '47h'],
    [2 * DAY, '2d'],
    [2 * DAY + 4 * HOUR, '2d4h'],
    [9 * DAY + 4 * HOUR, '9d'],
    [729 * DAY, '729d'],
    [730 * DAY, '2y'],
    [760 * DAY, '2y30d'],
    [9 * 365 * DAY + 20 * DAY, '9y'],
  ])('writes %d ms as %s, like kubectl', (ms, text) => {
    expect(humanDuration(ms)).toBe(text);
  });
});

describe('ageOf', () => {
  it('counts from a moment to now', () => {
    expect(ageOf('2026-01-01T00:00:00Z', Date.parse('2026-01-01T00:05:00Z'))).toBe('5m');
  });

  it('does not guess the age of what has no time', () => {
    expect(ageOf(undefined, 0)).toBe('<unknown>');
  });
});
