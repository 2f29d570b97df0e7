import { goDurationOf } from './go-duration';

it.each([
  [0, '0s'],
  [20, '20ms'],
  [1_500, '1.5s'],
  [10_000, '10s'],
  [60_250, '1m0.25s'],
  [300_000, '5m0s'],
])('%i milliseconds are %s in Go', (ms, text) => {
  expect(goDurationOf(ms)).toBe(text);
});
