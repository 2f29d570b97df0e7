import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { REPOSITORY } from '../../launcher/src/settings';
import type { RunOptions } from './run';

/** What a user may choose. */
export interface Options extends RunOptions {
  /** Runs one after another, with seeds that follow each other. */
  readonly rounds: number;
  /** Where the reports and the histories go, a file a run. */
  readonly out: string;
}

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
const NIGHT = { for: 300_000, rounds: 90, lease: 3_000, clients: 10 };

const EXAMPLES = `
Examples:
  npm run linearizability                                      a minute, with a seed of its own
  npm run linearizability -- --for 60s --clients 8 --seed 7    the same faults and requests again
  npm run linearizability -- --no-faults                       nothing goes wrong: what it should come to
  npm run linearizability -- --night                           ${NIGHT.rounds} runs of ${NIGHT.for / UNITS.m} minutes

A run has its own control plane in a folder of its own; nothing else is touched, and all of it is gone at the end.
Ends with 0 when nothing was found, with 1 otherwise.
`;

/** Reads the command line. Ends the process with a sentence when something is wrong with it. */
export function optionsFrom(args: readonly string[], anySeed: number): Options {
  const command = new Command('npm run linearizability --')
    .description(
      'Clients write and read by two apis and by NATS while processes are killed, paused and cut off; then every answer is checked.',
    )
    .option('--for <time>', 'how long clients work in a run, such as 60s or 5m', duration)
    .option('--clients <number>', 'how many', wholeNumber)
    .option('--seed <number>', 'what goes wrong and what clients do follows from it', wholeNumber)
    .option('--rounds <number>', 'so many runs, each with the next seed', wholeNumber)
    .option('--lease <time>', 'how long a journal that hangs is waited for', duration)
    .option('--no-faults', 'nothing goes wrong')
    .option('--night', 'as long as a night')
    .option('--out <folder>', 'where reports and histories go', '.shiplog/linearizability')
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError();
  const given = command.parse(args, { from: 'user' }).opts<{
    for?: number;
    clients?: number;
    seed?: number;
    rounds?: number;
    lease?: number;
    faults: boolean;
    night?: boolean;
    out: string;
  }>();
  const usual = given.night === true ? NIGHT : { for: 60_000, rounds: 1, lease: 2_000, clients: 8 };
  return {
    durationMs: given.for ?? usual.for,
    clients: given.clients ?? usual.clients,
    seed: given.seed ?? anySeed,
    rounds: given.rounds ?? usual.rounds,
    leaseMs: given.lease ?? usual.lease,
    faults: given.faults,
    out: resolve(REPOSITORY, given.out),
  };
}

/** Milliseconds of a time as it is written on a command line. */
export function duration(text: string): number {
  const [, number, unit] = /^(\d+)(ms|s|m|h)$/.exec(text) ?? [];
  if (number === undefined) throw new InvalidArgumentError('Write it as 500ms, 60s, 5m or 8h.');
  return Number(number) * UNITS[unit as keyof typeof UNITS];
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It is a whole number.');
  return Number(text);
}
