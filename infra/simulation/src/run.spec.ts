import 'reflect-metadata';
import { runSeed } from './run';

describe('runSeed', () => {
  it('does the same for the same seed, whatever ran before', async () => {
    const first = await runSeed(5);
    await runSeed(6);
    const again = await runSeed(5);
    expect(again).toEqual(first);
    expect(first.violation).toBeUndefined();
    expect(first.events).toBeGreaterThan(50);
  }, 120_000);
});
