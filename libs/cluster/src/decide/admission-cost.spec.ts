import { ADMISSIONS } from './testing/admission-adversaries';
import { costOf, growthOf } from './testing/cost';

const SMALL = 40_000;

describe('admission by policies', () => {
  it.each(ADMISSIONS.map((adversary) => [adversary.name, adversary] as const))(
    'costs no more than the size of the input explains: %s',
    (_, adversary) => {
      costOf(adversary, 4_000, 3);
      const small = costOf(adversary, SMALL, 3);
      const large = costOf(adversary, 4 * SMALL, 3);
      expect(growthOf(small, large)).toBeLessThan(8);
      expect(large.millis).toBeLessThan(2_000);
    },
    30_000,
  );
});
