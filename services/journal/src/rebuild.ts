import 'reflect-metadata';
import { connectBus, type Bus } from '@shiplog/bus';
import { hashCluster } from '@shiplog/cluster';
import {
  commonSettings,
  ConfigError,
  credentialsOf,
  describeSettings,
  optionalText,
  readConfig,
  text,
} from '@shiplog/service';
import { makeDataSource } from './database/data-source';
import { databaseUrlOf } from './database/database-url';
import { repositoriesOf } from './database/repositories';
import { rate, showProgress } from './rebuild/progress';
import { compareWithLive } from './rebuild/live';
import { beginRebuild, compareWithSnapshot, rebuildTo, type Comparison, type RebuildSources } from './rebuild/rebuild';
import { journalSettings } from './settings';

const settings = {
  databaseUrl: journalSettings.databaseUrl,
  databasePasswordFile: journalSettings.databasePasswordFile,
  natsUrl: optionalText({
    env: 'NATS_URL',
    description: 'With it, the result is compared with the live journal; without, with the newest snapshot.',
  }),
  natsCa: commonSettings.natsCa,
  natsCert: commonSettings.natsCert,
  natsKey: commonSettings.natsKey,
  natsSeedFile: commonSettings.natsSeedFile,
  operator: text({
    env: 'OPERATOR',
    description: 'The name of the operator whose credentials these are.',
    default: 'launcher',
  }),
  json: optionalText({
    env: 'REBUILD_JSON',
    description: 'Set to anything: the result is printed as one line of JSON.',
  }),
};

interface Result {
  readonly events: number;
  readonly seconds: number;
  readonly eventsPerSecond: number;
  readonly position: number;
  readonly objects: number;
  readonly hash: string;
  readonly comparison: Comparison;
}

/** Folds the whole log again and proves that the state which everyone works with is what comes out of it. */
async function main(): Promise<number> {
  if (process.argv.includes('--help')) {
    process.stdout.write(`rebuild: folds the log from its beginning and compares\n\n${describeSettings(settings)}\n`);
    return 0;
  }
  const config = readConfig(settings, process.env);
  const { natsUrl, json } = config;
  const dataSource = await makeDataSource(databaseUrlOf(config)).initialize();
  const identity = { role: 'operator', name: config.operator } as const;
  const bus =
    natsUrl === undefined
      ? undefined
      : await connectBus({
          url: natsUrl,
          name: 'rebuild',
          identity,
          credentials: credentialsOf(config),
          onError: report,
        });
  try {
    const result = await rebuild(repositoriesOf(dataSource), bus);
    process.stdout.write(json === undefined ? describe(result) : `${JSON.stringify(result)}\n`);
    return result.comparison.kind === 'different' ? 1 : 0;
  } finally {
    await bus?.close();
    await dataSource.destroy();
  }
}

async function rebuild(log: RebuildSources, bus: Bus | undefined): Promise<Result> {
  const progress = showProgress(process.stderr, await log.events.end());
  const rebuilding = await beginRebuild(log);
  let comparison = bus === undefined ? await compareWithSnapshot(log, rebuilding, progress) : undefined;
  await rebuildTo(log, rebuilding, undefined, progress);
  if (bus !== undefined) comparison = await compareWithLive(log, bus, rebuilding, progress);
  const events = rebuilding.position - rebuilding.from;
  return {
    events,
    seconds: Math.round(rebuilding.milliseconds) / 1000,
    eventsPerSecond: rate(events, rebuilding.milliseconds),
    position: rebuilding.position,
    objects: rebuilding.state.size(),
    hash: hashCluster(rebuilding.state),
    comparison: comparison ?? { kind: 'nothing-to-compare-with' },
  };
}

function describe({ events, seconds, eventsPerSecond, position, objects, hash, comparison }: Result): string {
  return [
    `rebuilt     ${events} events, to position ${position}: ${objects} objects`,
    `in          ${seconds} s, ${eventsPerSecond} events/s`,
    `hash        ${hash}`,
    `compared    ${sentence(comparison)}`,
    '',
  ].join('\n');
}

function sentence(comparison: Comparison): string {
  switch (comparison.kind) {
    case 'nothing-to-compare-with':
      return 'with nothing: there is no snapshot yet, and no NATS_URL was given';
    case 'equal':
      return `with ${comparison.with} at position ${comparison.position}: equal`;
    case 'different':
      return `with ${comparison.with} at position ${comparison.position}: DIFFERENT, it has ${comparison.theirs}`;
  }
}

function report(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`rebuild failed: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = error instanceof ConfigError ? 64 : 2;
  },
);
