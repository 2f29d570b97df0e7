import { describeReport, isClean } from '../linearizability/src/report';
import { run } from '../linearizability/src/run';

/** Always the same faults and requests; `npm run linearizability` tries others, and for longer. */
const OPTIONS = { seed: 2, durationMs: 30_000, clients: 6, leaseMs: 2_000, faults: true };
const MOST_MS = 240_000;

describe('a control plane of which processes are killed, paused and cut off', () => {
  it(
    'answers as if it were one, keeps what it acknowledged, and tells watchers everything',
    async () => {
      const report = await run(OPTIONS, () => undefined);
      if (!isClean(report)) throw new Error(describeReport(report));
      expect(report.faults.length).toBeGreaterThan(8);
      expect(report.operations).toBeGreaterThan(200);
      expect(report.watched).toBeGreaterThan(0);
      expect(report.passingKinds).toBeGreaterThan(5);
    },
    MOST_MS,
  );
});
