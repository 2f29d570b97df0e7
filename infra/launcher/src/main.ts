import { Command } from 'commander';
import { down } from './commands/down';
import { drops } from './commands/drops';
import { images } from './commands/images';
import { join, type JoinFlags } from './commands/join';
import { rebuild } from './commands/rebuild';
import { redecide } from './commands/redecide';
import { reset } from './commands/reset';
import { service } from './commands/service';
import { start } from './commands/start';
import { status } from './commands/status';
import { forget, token } from './commands/token';
import { up } from './commands/up';
import { LauncherFailure, sentenceOf } from './failure';
import { type Flags, type LauncherSettings, settingsFrom } from './settings';
import { plainLines } from './system/plain-text';

const program = new Command('npm run')
  .description('Runs a Shiplog cluster on this machine. State lives in .shiplog/ (SHIPLOG_HOME).')
  .showHelpAfterError();

define('start', 'run the cluster until Ctrl-C', start, true);
define('up', 'run the cluster in the background; returns when it is ready', up, true);
define('down', 'stop the cluster that runs in the background', down);
define('status', 'which services run, whether they are ready, and their memory', status);
define('drops', 'which connections network policies have refused in the last ten minutes', drops);
define('reset', 'stop the cluster and remove everything that it keeps', reset);
define('images', 'build the images that docker-compose.dev.yml runs, on your Docker engine', images);
define('rebuild', 'rebuild the state from the log, and compare it with the live one', rebuild);
define(
  'redecide',
  'make every decision of the controllers again from the log, and compare it with what they did',
  redecide,
);

program
  .command('service <verb> <name>')
  .description('stop, start or restart one process of the running cluster (names as in status)')
  .action((verb: string, name: string) => service(settingsFrom(process.env), verb, name));

program
  .command('token')
  .description('print the command by which another machine joins, once, within an hour')
  .option('--minutes <n>', 'for how long it is good', '60')
  .action(({ minutes }: { minutes: string }) => token(settingsFrom(process.env), minutes));

program
  .command('join [token]')
  .description('make this machine a minion of the cluster that the token is of (again without one)')
  .option('--name <name>', "the node's name (default: this machine's)")
  .option(
    '--ip <address>',
    'where other nodes reach it, one of IPv6 behind a comma (default: its address towards the master)',
  )
  .option(
    '--runtime <name>',
    "what runs containers: this machine's docker (default), or containerd, which it then runs itself",
  )
  .option('--backend <way>', "how packets reach pods of other nodes (default: the cluster's way when it joined)")
  .addHelpText('after', '\nExample: npm run join -- shiplog1.bZHB… --name rack-2')
  .action(
    (word: string | undefined, { backend, runtime, ...flags }: JoinFlags & { backend?: string; runtime?: string }) =>
      join(settingsFrom(process.env, { backend, runtime }), word, flags),
  );

program
  .command('forget <node>')
  .description('take the credentials of a machine that joined')
  .action((node: string) => forget(settingsFrom(process.env), node));

function define(
  name: string,
  description: string,
  run: (settings: LauncherSettings) => Promise<void>,
  starts = false,
): void {
  const command = program.command(name).description(description);
  if (starts) {
    command
      .option('--minions <n>', 'how many minions (default 2); 0 only beside hollow nodes')
      .option('--hollow <n>', 'hollow nodes: without engines, their pods run nothing; for scale, up to thousands')
      .option('--hollow-zones <n>', 'over how many zones hollow nodes are spread (topology.kubernetes.io/zone)')
      .option(
        '--runtime <name>',
        "what runs minions' containers: docker (default) or containerd, or of each, with commas",
      )
      .option('--backend <way>', 'how packets reach pods of other minions: vxlan (default), host-gw or wireguard')
      .option('--dual-stack', 'addresses of IPv6 for pods and Services too')
      .option('--no-sample', 'do not deploy the guestbook (nor is it where there are hollow nodes)')
      .addHelpText('after', `\nExample: npm run ${name} -- --minions 0 --hollow 500 --hollow-zones 3`);
  }
  command.action(async (flags: Flags) => {
    await run(
      settingsFrom(process.env, {
        ...flags,
        // The flag is there to say no: without it nothing was said.
        sample: flags.sample === false ? false : undefined,
      }),
    );
  });
}

// Who reads may go first, as `head` does; that is no reason for a cluster to end.
process.stdout.on('error', () => undefined);
program.parseAsync().catch((error: unknown) => {
  const fix = error instanceof LauncherFailure ? error.fix : error instanceof Error ? (error.stack ?? '') : '';
  process.stderr.write(`\n  ✗ ${plainLines(`${sentenceOf(error)}\n    → ${fix}`)}\n\n`);
  process.exit(1);
});
