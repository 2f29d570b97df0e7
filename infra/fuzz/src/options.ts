import { resolve } from 'node:path';
import { Command } from 'commander';
import { duration, wholeNumber } from '../../linearizability/src/options';
import { REPOSITORY } from '../../launcher/src/settings';
import type { FuzzOptions } from './run/run';

/** What a user may choose. */
export interface Options extends FuzzOptions {
  /** Runs one after another, with seeds that follow each other. */
  readonly rounds: number;
  /** Where the reports go, a file a run. */
  readonly out: string;
}

const NIGHT = { for: 600_000, rounds: 45 };

const EXAMPLES = `
Examples:
  npm run fuzz                                  a minute, with a seed of its own
  npm run fuzz -- --for 30s --seed 7            the same requests again
  npm run fuzz -- --requests 20000              so many requests, on every kind and verb
  npm run fuzz -- --night                       ${NIGHT.rounds} runs of ${NIGHT.for / 60_000} minutes

A run has its own control plane in a folder of its own; nothing else is touched, and all of it is gone at the end.
Ends with 0 when nothing was found, with 1 otherwise.
`;

/** Reads the command line. Ends the process with a sentence when something is wrong with it. */
export function optionsFrom(args: readonly string[], anySeed: number): Options {
  const command = new Command('npm run fuzz --')
    .description(
      'Sends apis and the journal what nobody should: names, headers, media types, options, bodies and messages of every wrong kind.',
    )
    .option('--for <time>', 'how long a run sends, such as 60s or 5m', duration)
    .option('--requests <number>', 'how many requests a run sends, instead of a time', wholeNumber)
    .option('--clients <number>', 'how many send requests', wholeNumber)
    .option('--seed <number>', 'what is sent follows from it', wholeNumber)
    .option('--rounds <number>', 'so many runs, each with the next seed', wholeNumber)
    .option('--night', 'as long as a night')
    .option('--out <folder>', 'where reports go', '.shiplog/fuzz')
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError();
  const given = command.parse(args, { from: 'user' }).opts<{
    for?: number;
    requests?: number;
    clients?: number;
    seed?: number;
    rounds?: number;
    night?: boolean;
    out: string;
  }>();
  const usual = given.night === true ? NIGHT : { for: 60_000, rounds: 1 };
  return {
    durationMs: given.for ?? (given.requests === undefined ? usual.for : NIGHT.for * NIGHT.rounds),
    ...(given.requests === undefined ? {} : { requests: given.requests }),
    clients: given.clients ?? 4,
    seed: given.seed ?? anySeed,
    rounds: given.rounds ?? usual.rounds,
    out: resolve(REPOSITORY, given.out),
  };
}
