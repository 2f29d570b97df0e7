import { ADVERSARIES } from './testing/adversaries';
import { growthOf } from './testing/cost';

describe('deciding', () => {
  it.each(ADVERSARIES.map((adversary) => [adversary.name, adversary] as const))(
    'costs no more than the size of the input explains: %s',
    (_, adversary) => {
      expect(growthOf(adversary, 40_000, 8).times).toBeLessThan(8);
    },
    60_000,
  );
});
