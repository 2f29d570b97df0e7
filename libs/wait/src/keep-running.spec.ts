import { keepRunning } from './keep-running';
import { pause } from './pause';

const BACK_OFF = { firstMs: 1, longestMs: 4 };

/** Runs whose ends are given; the last one is stopped while it goes on. */
async function run(
  ends: readonly ('ends' | 'fails' | 'fails after it was well')[],
): Promise<{ runs: number; waits: number[] }> {
  const stop = new AbortController();
  const waits: number[] = [];
  let runs = 0;
  await keepRunning(
    async (well) => {
      const end = ends[runs++];
      if (end === undefined) {
        stop.abort();
        throw new Error('stopped');
      }
      if (end === 'fails after it was well') well();
      if (end !== 'ends') throw new Error('gone');
    },
    { backOff: BACK_OFF, signal: stop.signal, onError: (_, waitMs) => waits.push(waitMs) },
  );
  return { runs, waits };
}

describe('what keeps running', () => {
  it('begins again after it has ended, and later and later after failures in a row', async () => {
    expect(await run(['ends', 'fails', 'fails', 'fails', 'fails', 'ends', 'fails'])).toEqual({
      runs: 8,
      waits: [1, 2, 4, 4, 1],
    });
  });

  it('counts a failure as a first one when it was well before', async () => {
    expect(await run(['fails', 'fails', 'fails after it was well', 'fails'])).toEqual({ runs: 5, waits: [1, 2, 1, 2] });
  });

  it('never begins when it is stopped already, and waits no longer when it is stopped', async () => {
    let runs = 0;
    const forever = { backOff: { firstMs: 1e6, longestMs: 1e6 }, onError: () => undefined };
    await keepRunning(async () => void runs++, { ...forever, signal: AbortSignal.abort() });
    expect(runs).toBe(0);
    const stop = new AbortController();
    const ended = keepRunning(async () => void runs++, { ...forever, signal: stop.signal });
    await pause(1);
    stop.abort();
    await ended;
    expect(runs).toBe(1);
  });
});
