import { AGAIN, DONE, type Outcome } from './outcome';
import { Tasks } from './tasks';

describe('the tasks of a pod', () => {
  let now: number;
  let tasks: Tasks;
  let errors: unknown[];
  beforeEach(() => {
    now = 1_000_000;
    errors = [];
    tasks = new Tasks({ ended: () => undefined, failed: (_task, error) => errors.push(error), now: () => now });
  });

  /** Runs a task to its outcome; returns whether it was begun, and how long it has to wait then. */
  const run = async (outcome: Outcome | Error): Promise<number | 'not begun'> => {
    const work = () => (outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome));
    if (!tasks.launch('sandbox', work)) return 'not begun';
    await new Promise((resolve) => setImmediate(resolve));
    return tasks.nextAt === Infinity ? 0 : tasks.nextAt - now;
  };
  const runs = async (outcomes: readonly (Outcome | Error)[]): Promise<unknown[]> => {
    const waits: unknown[] = [];
    for (const outcome of outcomes) {
      const wait = await run(outcome);
      waits.push(wait);
      if (typeof wait === 'number') now += wait;
    }
    return waits;
  };

  it('are under way at most once', () => {
    expect(tasks.launch('sandbox', () => new Promise(() => undefined))).toBe(true);
    expect(tasks.launch('sandbox', () => Promise.resolve(DONE))).toBe(false);
    expect([...tasks.busy]).toEqual(['sandbox']);
  });

  it('that fail are begun again after half a second that doubles up to ten, whether they say so or throw', async () => {
    const thrown = new Error('thrown');
    const waits = await runs([AGAIN, thrown, AGAIN, AGAIN, AGAIN, AGAIN, AGAIN]);
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
    expect(errors).toEqual([thrown]);
    expect(await run(AGAIN)).toBe(10_000);
    expect(await run(AGAIN)).toBe('not begun');
  });

  it('that are done start over: the next failure waits half a second', async () => {
    expect(await runs([AGAIN, AGAIN, DONE, AGAIN])).toEqual([500, 1_000, 0, 500]);
  });

  it('that name their wait have it', async () => {
    expect(await run({ kind: 'again', afterMs: 77 })).toBe(77);
  });

  it('that are done over and over have no effect: they go on ever more slowly', async () => {
    expect(await runs([DONE, DONE, DONE, DONE, DONE, DONE])).toEqual([0, 0, 0, 500, 1_000, 2_000]);
    now += 20_000;
    expect(await run(DONE)).toBe(0);
  });

  it('that wait for something are begun when it has happened, and after all when it never does', async () => {
    const until: Outcome = { kind: 'until', event: 'sandbox', atLatestMs: 10_000 };
    expect(await run(until)).toBe(10_000);
    expect(await run(DONE)).toBe('not begun');
    tasks.happened('sandbox');
    expect(await run(until)).toBe(10_000);
    now += 10_000;
    expect(await run(DONE)).toBe(0);
  });

  it('do not wait for what has happened since they looked', async () => {
    const wait = run({ kind: 'until', event: 'sandbox', atLatestMs: 10_000 });
    tasks.happened('sandbox');
    expect(await wait).toBe(0);
  });

  it('that failed are begun at once when the reason may be gone', async () => {
    await run(AGAIN);
    tasks.hurry();
    expect(await run(DONE)).toBe(0);
  });
});
