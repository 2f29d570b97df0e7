import 'reflect-metadata';
import { connectBus, type Bus } from '@shiplog/bus';
import { PositionQuery } from '@shiplog/contracts';
import { commonSettings, ConfigError, credentialsOf, describeSettings, integer, readConfig } from '@shiplog/service';
import { decideAgain, type DecidedAgain } from './again/domain/decide-again';
import { logOf } from './again/log-of';
import { beginningAt } from './again/past-state';
import { controllersOfPast } from './controllers';
import { controllerSettings } from './settings';

const settings = {
  ...commonSettings,
  ...controllerSettings,
  from: integer({
    env: 'DECIDE_FROM',
    description:
      'Decisions on the state of this position and later ones; where the log no longer begins with the cluster.',
    default: 0,
  }),
};

/** Differences that are told; the others are counted. */
const TOLD = 20;

/** Makes every decision of the controllers again from the running journal's log, with the settings that it is given. */
async function main(): Promise<number> {
  if (process.argv.includes('--help')) {
    const title = 'decide-again: makes every decision of the controllers again, from the log';
    process.stdout.write(`${title}\n\n${describeSettings(settings)}\n`);
    return 0;
  }
  const config = readConfig(settings, process.env);
  const bus = await connectBus({
    url: config.natsUrl,
    name: 'decide-again',
    identity: { role: 'controller', name: config.instance },
    credentials: credentialsOf(config),
    onError: (error) => void process.stderr.write(`${String(error)}\n`),
  });
  try {
    const began = performance.now();
    const result = await again(bus, config);
    process.stdout.write(describe(result, Math.round(performance.now() - began) / 1000));
    return result.different.length > 0 ? 1 : 0;
  } finally {
    await bus.close();
  }
}

type Config = Parameters<typeof controllersOfPast>[0] & { readonly from: number };

async function again(bus: Bus, config: Config): Promise<DecidedAgain> {
  const { position } = await bus.ask(PositionQuery, {});
  return decideAgain(
    () => logOf(bus, config.from, position),
    (journal) => controllersOfPast(config, journal),
    config.from === 0 ? undefined : await beginningAt(bus, config.from),
  );
}

function describe({ equal, different, unknown }: DecidedAgain, seconds: number): string {
  const count = [...equal.values()].reduce((sum, each) => sum + each, 0);
  const byController = [...equal].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, each]) => `${name} ${each}`);
  const lines = [`equal       ${count} decisions in ${seconds} s: ${byController.join(', ')}`];
  if (unknown > 0) lines.push(`unknown     ${unknown}, made on states before the log's beginning`);
  if (different.length > 0) lines.push(`DIFFERENT   ${different.length}`);
  for (const sentence of different.slice(0, TOLD)) lines.push(`  ${sentence}`);
  return `${lines.join('\n')}\n`;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`decide-again failed: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = error instanceof ConfigError ? 64 : 2;
  },
);
