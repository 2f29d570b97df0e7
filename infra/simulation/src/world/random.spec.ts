import { Random } from './random';

describe('Random', () => {
  it('gives the same numbers for the same seed and purpose', () => {
    const draw = (random: Random): number[] => Array.from({ length: 20 }, () => random.word());
    expect(draw(Random.of(7, 'bus'))).toEqual(draw(Random.of(7, 'bus')));
    expect(draw(Random.of(7, 'bus'))).not.toEqual(draw(Random.of(8, 'bus')));
    expect(draw(Random.of(7, 'bus'))).not.toEqual(draw(Random.of(7, 'store')));
  });

  it('spreads them evenly', () => {
    const random = new Random('even');
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i++) counts[random.whole(0, 9)]!++;
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });
});
