import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { MUTATIONS } from './mutations';

/** Stands for every fault there is, one after the other. */
export const ALL = 'all';

/** What a user may choose about a run. */
export interface Options {
  /** One seed, with all that led to its violation; undefined: many. */
  readonly seed: number | undefined;
  readonly from: number;
  /** How many seeds; with `forMs`, as many as there is time for. */
  readonly seeds: number;
  readonly forMs: number | undefined;
  readonly jobs: number;
  readonly trace: number;
  readonly mutation: string | undefined;
  /** Whether the first violation ends the run. */
  readonly first: boolean;
}

const EXAMPLES = `
Examples:
  npm run simulate                              200 seeds, on all cores
  npm run simulate -- --seed 123                one seed again, with what led to its violation
  npm run simulate -- --seeds 5000 --from 1000  seeds 1000 to 5999
  npm run simulate -- --for 8h                  a night
  npm run simulate -- --mutation no-heads       with a fault put in: it must be found
  npm run simulate -- --mutation all --seeds 24  with each fault put in alone: each must be found in one of 24 seeds

Faults that can be put in:
${Object.entries(MUTATIONS)
  .map(([name, { fault }]) => `  ${name.padEnd(28)} ${fault}`)
  .join('\n')}

Ends with 0 when nothing was violated (with every fault put in: when each was found), with 1 when something was, with 2 when a
run could not be made.`;

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** Reads the command line. Ends the process with a sentence when it makes no sense. */
export function optionsFrom(args: readonly string[]): Options {
  const command = new Command('npm run simulate --')
    .description(
      'Runs the core of a cluster (two journals, readers, clients, controllers, schedulers, kubelets) in one process on virtual time, on a bus and a database that fail by seed, and looks after each step at what must always hold.',
    )
    .option('--seed <number>', 'run this one', whole)
    .option('--seeds <count>', 'run so many', whole, 200)
    .option('--from <number>', 'the first of them', whole, 1)
    .option('--for <duration>', 'go on for so long: 90s, 30m, 8h', milliseconds)
    .option('--jobs <count>', 'so many at a time', whole, availableParallelism())
    .option('--trace <lines>', 'show so many lines of what led to a violation', whole, 60)
    .option('--first', 'end with the first violation', false)
    .option('--mutation <name>', 'put a fault in, to see it found', mutation)
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError('(--help shows examples)');
  const { for: forMs, ...given } = command.parse(args, { from: 'user' }).opts<Options & { for?: number }>();
  if (given.mutation === ALL && (given.seed ?? forMs) !== undefined)
    command.error('error: --mutation all goes with --seeds, not with --seed or --for');
  return { ...given, forMs, seeds: forMs === undefined ? given.seeds : Infinity };
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number from 1.');
  return value;
}

function milliseconds(text: string): number {
  const [, count, unit = ''] = /^(\d+)([smh])$/.exec(text) ?? [];
  if (count === undefined) throw new InvalidArgumentError('It must be a duration such as 90s, 30m or 8h.');
  return Number(count) * (UNITS[unit] ?? 0);
}

function mutation(name: string): string {
  if (name === ALL || Object.hasOwn(MUTATIONS, name)) return name;
  throw new InvalidArgumentError(`There are ${[ALL, ...Object.keys(MUTATIONS)].join(', ')}.`);
}
