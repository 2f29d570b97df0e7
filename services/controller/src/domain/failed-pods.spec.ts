import { FailedPods, leftMs } from './failed-pods';

describe('pods that fail again and again', () => {
  const failed = new FailedPods(10_000);
  const left = (nowMs: number, of = 'v1') => leftMs(failed.waitsOf('key', of, nowMs), 'node-1', nowMs);

  it('wait for a replacement longer each time, up to a bound', () => {
    let nowMs = 0;
    const waits: number[] = [];
    for (let i = 0; i < 6; i++) {
      waits.push(left(nowMs));
      nowMs += left(nowMs);
      failed.replaced('key', 'v1', ['node-1'], nowMs);
    }
    expect(waits).toEqual([0, 1_000, 2_000, 4_000, 8_000, 10_000]);
    expect([left(nowMs + 4_000), left(nowMs - 3_600_000)]).toEqual([6_000, 10_000]);
  });

  it('begin anew after a change, after a long time without one, and when the set is gone', () => {
    failed.replaced('key', 'v1', ['node-1'], 100_000);
    expect([left(100_000), left(100_000, 'v2'), left(120_001)]).toEqual([1_000, 0, 0]);
    failed.forget('key');
    expect(left(100_000)).toBe(0);
  });
});
