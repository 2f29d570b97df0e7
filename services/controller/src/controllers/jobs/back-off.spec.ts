import { at, EPOCH, pod } from '../../testing/objects';
import { backOffMs, indexBackOffMs } from './back-off';
import { IGNORED_FAILURES, INDEX_FAILURES } from './job-pods';

const ended = (seconds: number, annotations: Record<string, string> = {}) =>
  pod(`p-${seconds}`, { phase: 'Failed', readyAt: seconds, meta: { annotations, creationTimestamp: at(0) } });
const now = EPOCH + 100_000;

describe('a Job that has failed', () => {
  it('waits from its last failure on, twice as long for each since its last success, and at most ten minutes', () => {
    expect(backOffMs([], [], now)).toBe(0);
    expect(backOffMs([ended(95)], [], now)).toBe(5_000);
    expect(backOffMs([ended(90), ended(95)], [], now)).toBe(15_000);
    expect(backOffMs([ended(90), ended(95)], [ended(92)], now)).toBe(5_000);
    expect(backOffMs([ended(90)], [ended(92)], now)).toBe(0);
    expect(
      backOffMs(
        Array.from({ length: 99 }, () => ended(100)),
        [],
        now,
      ),
    ).toBe(600_000);
  });

  it('waits no longer where a clock is ahead', () => {
    expect(backOffMs([ended(5_000)], [], now)).toBe(10_000);
  });

  it('waits for an index by the failures of that', () => {
    expect(indexBackOffMs(undefined, now)).toBe(0);
    expect(indexBackOffMs(ended(100), now)).toBe(10_000);
    expect(indexBackOffMs(ended(100, { [INDEX_FAILURES]: '1', [IGNORED_FAILURES]: '1' }), now)).toBe(40_000);
    expect(indexBackOffMs(ended(100, { [INDEX_FAILURES]: 'nonsense' }), now)).toBe(10_000);
  });
});
