import { describeFuzz, fuzz } from '../fuzz/src/run/run';

/** Always the same requests; `npm run fuzz` sends others, and for longer. */
const OPTIONS = { seed: 1, durationMs: 150_000, requests: 2_000, clients: 4 };
const MOST_MS = 240_000;

describe('requests and messages that nobody should send', () => {
  it(
    'are answered in time and never with 5xx, have the effect that the answer says, and disturb nobody',
    async () => {
      const report = await fuzz(OPTIONS, () => undefined);
      if (report.findings.length > 0) throw new Error(describeFuzz(report));
      expect(report.requests).toBeGreaterThanOrEqual(2_000);
      expect(report.messages).toBeGreaterThan(100);
    },
    MOST_MS,
  );
});
