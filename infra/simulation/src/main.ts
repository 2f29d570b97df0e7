import { MUTATIONS } from './mutations';
import { ALL, optionsFrom, type Options } from './options';
import { Pool } from './pool';
import { Report } from './report';
import { Search } from './search';
import { work } from './worker';

async function main(options: Options): Promise<boolean> {
  const { seed, mutation } = options;
  if (mutation === ALL) return findAll(options);
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

/** Whether each fault is found when it is put in alone: told as it is. */
async function findAll({ from, seeds, jobs }: Options): Promise<boolean> {
  const search = new Search(MUTATIONS, from, seeds);
  let runs = 0;
  const began = Date.now();
  await new Pool().run(
    () => search.next(),
    jobs,
    (outcome, work) => {
      runs++;
      const told = search.done(work, outcome);
      if (told !== undefined) process.stdout.write(`  ${told}\n`);
    },
  );
  process.stdout.write(`  ${runs} seeds in ${((Date.now() - began) / 1000).toFixed(1)} s\n`);
  return search.isComplete;
}

main(optionsFrom(process.argv.slice(2))).then(
  (isSound) => process.exit(isSound ? 0 : 1),
  (error: unknown) => {
    process.stderr.write(`\n  ✗ ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n\n`);
    process.exit(2);
  },
);
