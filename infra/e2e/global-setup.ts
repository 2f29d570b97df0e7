import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CommandFailed, run } from '../launcher/src/system/run';
import removeCluster from './global-teardown';
import { E2E_HOME, E2E_MINIONS, E2E_SLOT, QUICK } from './support/place';

const REPOSITORY = resolve(__dirname, '../..');

/** Starts the one cluster that all end-to-end tests share, through the launcher, as a user would. */
export default async function startCluster(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'shiplog-e2e-'));
  chmodSync(home, 0o711);
  process.env[E2E_HOME] = home;
  const env = { SHIPLOG_HOME: home, SHIPLOG_SLOT: String(E2E_SLOT), ...QUICK };
  const args = [join(REPOSITORY, 'infra', 'bootstrap.mjs'), 'up', '--minions', String(E2E_MINIONS)];
  try {
    await run(process.execPath, args, { env, cwd: REPOSITORY, timeout: 300_000 });
  } catch (error) {
    await removeCluster();
    throw new Error(`the cluster does not start:\n${error instanceof CommandFailed ? error.output : String(error)}`);
  }
}
