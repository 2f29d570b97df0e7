import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { run } from '../launcher/src/system/run';
import { remainsOf } from './support/remains';
import { E2E_HOME, E2E_MINIONS, E2E_SLOT, sharedLayout } from './support/place';

const REPOSITORY = resolve(__dirname, '../..');

/** Removes the cluster with all its state. SHIPLOG_E2E_KEEP leaves it, for a look at what went wrong. */
export default async function removeCluster(): Promise<void> {
  const home = process.env[E2E_HOME];
  if (home === undefined || process.env.SHIPLOG_E2E_KEEP !== undefined) return;
  const env = {
    SHIPLOG_HOME: home,
    SHIPLOG_SLOT: String(E2E_SLOT),
    SHIPLOG_MINIONS: String(E2E_MINIONS),
  };
  const args = [join(REPOSITORY, 'infra', 'bootstrap.mjs'), 'reset'];
  await run(process.execPath, args, { env, cwd: REPOSITORY, timeout: 300_000 });
  rmSync(home, { recursive: true, force: true });
  const remains = await remainsOf(sharedLayout(home), home);
  if (remains.length > 0) throw new Error(`the reset has left ${remains.join(', ')}`);
}
