import { OBJECT_BYTES } from '@shiplog/contracts';
import { ADVERSARIES } from './testing/adversaries';
import { costOf } from './testing/cost';

/** As much as a request may be, with room for what is around it. */
const LARGE = OBJECT_BYTES - 100_000;
/** Of the processor, for each byte; many small values cost a third of it, a text that is only read next to nothing. */
// What grows with the square would cost hundreds of times as much at this size.
const MOST_NANOS_PER_BYTE = 3_000;

describe('deciding what is as large as a request may be', () => {
  it.each(ADVERSARIES.map((adversary) => [adversary.name, adversary] as const))(
    'costs no more than its size explains: %s',
    (_, adversary) => {
      costOf(adversary, 4_000, 5);
      const large = costOf(adversary, LARGE, 2);
      process.stdout.write(`${adversary.name}: ${large.bytes} bytes in ${large.millis.toFixed(0)} ms\n`);
      expect((large.millis * 1e6) / large.bytes).toBeLessThan(MOST_NANOS_PER_BYTE);
    },
    60_000,
  );
});
