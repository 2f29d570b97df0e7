import { resolve } from 'node:path';
import { Command } from 'commander';
import { REPOSITORY } from '../../launcher/src/settings';

/** What a user may choose about a run. */
export interface Options {
  /** Names of measurements; empty: all of them but scheduling. */
  readonly only: readonly string[];
  readonly quick: boolean;
  /** Where the figures go as JSON. */
  readonly out: string;
}

const EXAMPLES = `
Examples:
  npm run bench                                all but scheduling
  npm run bench -- --quick                     the same, a third as long
  npm run bench -- --only watch,pods           two of the measurements
  npm run bench -- --only scheduling           5,000 hollow nodes, 10,000 pods: some minutes
  npm run bench -- --out before.json           kept, to compare with after a change

It has a control plane, minions and a whole system of its own, which are gone at the end. Machines are noisy: compare what was measured
one after the other, several times in turns.
`;

/** Reads the command line. Ends the process with a sentence when a name is not among the known. */
export function optionsFrom(args: readonly string[], names: readonly string[]): Options {
  const command = new Command('npm run bench --')
    .description(
      'Measures Shiplog on this machine, each figure beside what limits it, in one run of about four minutes.',
    )
    .option('--only <names>', `only these, with commas between: ${names.join(', ')}`)
    .option('--quick', 'a third of the time, for a first look')
    .option('--out <file>', 'where the figures go as JSON', '.shiplog/bench.json')
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError();
  const given = command.parse(args, { from: 'user' }).opts<{ only?: string; quick?: boolean; out: string }>();
  const only = (given.only ?? '').split(',').filter((name) => name !== '');
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined) command.error(`"${unknown}" is no measurement; there are ${names.join(', ')}`);
  return { only, quick: given.quick ?? false, out: resolve(REPOSITORY, given.out) };
}
