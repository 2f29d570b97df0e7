import { ADVERSARIES } from './testing/adversaries';
import { costOf, growthOf } from './testing/cost';

const SMALL = 40_000;

describe('deciding', () => {
  it.each(ADVERSARIES.map((adversary) => [adversary.name, adversary] as const))(
    'costs no more than the size of the input explains: %s',
    (_, adversary) => {
      // Once before, so that neither of the two pays for what is compiled.
      costOf(adversary, 4_000, 5);
      const small = costOf(adversary, SMALL, 3);
      const large = costOf(adversary, 4 * SMALL, 3);
      expect(growthOf(small, large)).toBeLessThan(8);
    },
  );
});
