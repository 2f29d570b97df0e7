import { Wakes } from './wakes';

describe('looks at a pod', () => {
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  beforeEach(() => jest.useFakeTimers({ doNotFake: ['setImmediate', 'queueMicrotask'] }));
  afterEach(() => jest.useRealTimers());

  it('follow once on all that has just happened', async () => {
    let looks = 0;
    const wakes = new Wakes(
      () => looks++,
      () => undefined,
    );
    for (let i = 0; i < 100; i++) wakes.wake();
    await turn();
    expect(looks).toBe(1);
  });

  it('that each ask for another one leave everybody else their turn, and say so once', async () => {
    let looks = 0;
    let told = 0;
    const wakes = new Wakes(
      () => {
        // Had it no budget, this spec would never end.
        if (++looks < 10_000) wakes.wake();
      },
      () => told++,
    );
    wakes.wake();
    await turn();
    expect(looks).toBe(50);
    for (const expected of [100, 150]) {
      await jest.advanceTimersByTimeAsync(100);
      expect(looks).toBe(expected);
      await turn();
    }
    expect(told).toBe(1);
    wakes.close();
    const before = looks;
    await jest.advanceTimersByTimeAsync(1_000);
    expect(looks).toBe(before);
  });
});
