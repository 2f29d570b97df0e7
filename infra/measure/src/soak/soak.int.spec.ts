import { soak } from './measure-soak';

/** `npm run measure -- soak` has more of both. */
const WATCHERS = 50;
const CHANGES = 500;
const MOST_MORE = 25_000_000;

describe('many watchers of many changes', () => {
  it('hear of each once and in order, and what they took of memory comes back', async () => {
    const { problems, memory } = await soak(WATCHERS, CHANGES, 4_000);
    expect(problems).toEqual([]);
    expect(memory.after - memory.before).toBeLessThan(MOST_MORE);
  });
});
