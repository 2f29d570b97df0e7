import { SyncLoop } from './sync-loop';

/** Runs that end when the test says so, on a clock that the test moves. */
function given(outcomes: readonly ('ends' | 'fails')[] = []) {
  const runs: { end(): Promise<void>; fail(): Promise<void> }[] = [];
  const failures: [string, number][] = [];
  const settled = () => jest.advanceTimersByTimeAsync(0);
  const loop = new SyncLoop({
    run: () =>
      new Promise((resolve, reject) => {
        const outcome = outcomes[runs.length];
        runs.push({
          end: () => (resolve(), settled()),
          fail: () => (reject(new Error('not now')), settled()),
        });
        if (outcome === 'fails') reject(new Error('not now'));
        if (outcome === 'ends') resolve();
      }),
    backOff: { firstMs: 100, longestMs: 300 },
    onError: (error, waitMs) => failures.push([(error as Error).message, waitMs]),
  });
  return { loop, runs, failures };
}

describe('a sync loop', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('runs once more for all that wakes it while it runs', async () => {
    const { loop, runs } = given();
    for (let i = 0; i < 3; i++) loop.wake();
    expect(runs).toHaveLength(1);
    loop.wake();
    await runs[0]?.end();
    expect(runs).toHaveLength(2);
    await runs[1]?.end();
    expect(runs).toHaveLength(2);
  });

  it('tries again after a failure, later each time, however often it is woken', async () => {
    const { loop, runs, failures } = given(['fails', 'fails', 'fails', 'ends', 'fails']);
    loop.wake();
    await jest.advanceTimersByTimeAsync(99);
    loop.wake();
    expect(runs).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(1 + 200 + 300);
    expect(runs).toHaveLength(4);
    loop.wake();
    await jest.advanceTimersByTimeAsync(0);
    expect(failures).toEqual([100, 200, 300, 100].map((waitMs) => ['not now', waitMs]));
    await loop.stop();
  });

  it('is woken regularly, and told before', async () => {
    const { loop, runs } = given(['ends', 'ends', 'ends']);
    let told = 0;
    loop.wakeEvery(1_000, () => told++);
    await jest.advanceTimersByTimeAsync(2_500);
    expect([runs.length, told]).toEqual([2, 2]);
    await loop.stop();
    await jest.advanceTimersByTimeAsync(5_000);
    expect([runs.length, told]).toEqual([2, 2]);
  });

  it('stops when the run that goes on has ended, and begins no other', async () => {
    const { loop, runs, failures } = given();
    let stopped = false;
    loop.wake();
    void loop.stop().then(() => (stopped = true));
    loop.wake();
    await jest.advanceTimersByTimeAsync(1_000);
    expect(stopped).toBe(false);
    await runs[0]?.fail();
    expect([stopped, runs.length, failures]).toEqual([true, 1, []]);
    expect(jest.getTimerCount()).toBe(0);
  });
});
