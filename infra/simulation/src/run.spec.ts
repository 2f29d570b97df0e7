import 'reflect-metadata';
import { AWAITED } from './invariants/awaited';
import { runSeed } from './run';

describe('runSeed', () => {
  it('does the same for the same seed, whatever ran before', async () => {
    const first = await runSeed(5, { ignore: AWAITED });
    await runSeed(6, { ignore: AWAITED });
    const again = await runSeed(5, { ignore: AWAITED });
    expect(again).toEqual(first);
    expect(first.violation).toBeUndefined();
    expect(first.events).toBeGreaterThan(50);
  }, 120_000);
});
