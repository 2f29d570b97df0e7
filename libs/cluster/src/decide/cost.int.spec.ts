import { OBJECT_BYTES } from '@shiplog/contracts';
import { ADVERSARIES } from './testing/adversaries';
import { costOf, growthOf } from './testing/cost';

/** As much as a request may be, with room for what is around it. */
const LARGE = OBJECT_BYTES - 100_000;
/** Of the processor, for each byte. A text that is only read costs a hundredth of it. */
const MOST_NANOS_PER_BYTE = 1_000;

describe('deciding what is as large as a request may be', () => {
  it.each(ADVERSARIES.map((adversary) => [adversary.name, adversary] as const))(
    'costs no more than its size explains: %s',
    (_, adversary) => {
      costOf(adversary, 4_000, 5);
      const small = costOf(adversary, LARGE / 4, 2);
      const large = costOf(adversary, LARGE, 2);
      process.stdout.write(`${adversary.name}: ${large.bytes} bytes in ${large.millis.toFixed(0)} ms\n`);
      expect(growthOf(small, large)).toBeLessThan(8);
      expect((large.millis * 1e6) / large.bytes).toBeLessThan(MOST_NANOS_PER_BYTE);
    },
    60_000,
  );
});
