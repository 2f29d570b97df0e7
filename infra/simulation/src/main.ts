import { optionsFrom, type Options } from './options';
import { Pool } from './pool';
import { Report } from './report';
import { work } from './worker';

async function main(options: Options): Promise<boolean> {
  const { seed, mutation } = options;
  const report = new Report(options);
  if (seed !== undefined) {
    report.add(await work({ seed, mutation }));
    return report.end();
  }
  const until = options.forMs === undefined ? Infinity : Date.now() + options.forMs;
  let isInterrupted = false;
  // The seeds under way come to their end, and what a night has found is told.
  process.once('SIGINT', () => (isInterrupted = true));
  const isOver = (): boolean => isInterrupted || Date.now() >= until || (options.first && report.hasFound);
  let given = 0;
  const next = () => (given < options.seeds && !isOver() ? { seed: options.from + given++, mutation } : undefined);
  await new Pool().run(next, Math.min(options.jobs, options.seeds), (outcome) => report.add(outcome));
  return report.end();
}

main(optionsFrom(process.argv.slice(2))).then(
  (isSound) => process.exit(isSound ? 0 : 1),
  (error: unknown) => {
    process.stderr.write(`\n  ✗ ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n\n`);
    process.exit(2);
  },
);
