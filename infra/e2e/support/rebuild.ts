import { resolve } from 'node:path';
import { run } from '../../launcher/src/system/run';
import type { TestCluster } from './cluster';
import { E2E_SLOT } from './place';

/** Runs `npm run rebuild` on the running cluster: folds the whole log and compares. Throws when the states differ. */
export async function rebuildAndCompare(cluster: TestCluster): Promise<string> {
  const env = { SHIPLOG_HOME: cluster.home, SHIPLOG_SLOT: String(E2E_SLOT) };
  const args = [resolve(__dirname, '../../bootstrap.mjs'), 'rebuild'];
  return run(process.execPath, args, { env });
}
