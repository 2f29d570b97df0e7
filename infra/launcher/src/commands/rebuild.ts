import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Cluster } from '../cluster';
import { LauncherFailure } from '../failure';
import { OPERATOR } from '../nats/identities';
import { natsSettings } from '../nats/nats';
import { currentClaim } from '../launcher-claim';
import { type LauncherSettings, REPOSITORY } from '../settings';
import { postgres } from '../steps/postgres';

/** Rebuilds the state from position 0 of this cluster's log, whether the cluster runs or not. */
export async function rebuild(settings: LauncherSettings): Promise<void> {
  const cluster = new Cluster(settings, (sentence) => void process.stderr.write(`  ! ${sentence}\n`));
  const held = currentClaim(cluster.home.claim);
  if (held !== undefined)
    return runRebuild(held.databaseUrl, { ...natsSettings(cluster, OPERATOR), NATS_URL: held.natsUrl });
  if (settings.databaseUrl === undefined && !existsSync(cluster.home.at('postgres'))) {
    throw new LauncherFailure('There is no log yet.', 'npm start');
  }
  await postgres.run(cluster, () => undefined);
  try {
    await runRebuild(cluster.databaseUrl, {});
  } finally {
    await cluster.registry.stop(() => undefined);
  }
}

async function runRebuild(databaseUrl: string, natsEnv: Record<string, string>): Promise<void> {
  const main = join(REPOSITORY, 'dist', 'services', 'journal', 'src', 'rebuild.js');
  const env = { ...process.env, DATABASE_URL: databaseUrl, ...natsEnv };
  const child = spawn(process.execPath, ['--enable-source-maps', main, ...process.argv.slice(3)], {
    env,
    stdio: 'inherit',
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0)
    throw new LauncherFailure(
      'The rebuilt state is not the live one, or the rebuild failed (see above).',
      'npm run status',
    );
}
