import { ADMISSIONS } from './testing/admission-adversaries';
import { growthOf } from './testing/cost';

describe('admission by policies', () => {
  it.each(ADMISSIONS.map((adversary) => [adversary.name, adversary] as const))(
    'costs no more than the size of the input explains: %s',
    (_, adversary) => {
      const { times, large } = growthOf(adversary, 40_000, 8);
      expect(times).toBeLessThan(8);
      expect(large.millis).toBeLessThan(2_000);
    },
    60_000,
  );
});
