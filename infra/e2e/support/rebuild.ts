import { resolve } from 'node:path';
import { run } from '../../launcher/src/system/run';
import type { TestCluster } from './cluster';
import { E2E_SLOT, QUICK } from './place';

/** Runs `npm run rebuild` on the running cluster: folds the whole log and compares. Throws when the states differ. */
export function rebuildAndCompare(cluster: TestCluster): Promise<string> {
  return npmRun(cluster, 'rebuild');
}

/** Runs `npm run redecide` on the running cluster, with its settings. Throws when a decision comes to something else than it came to. */
export function decideAgain(cluster: TestCluster): Promise<string> {
  return npmRun(cluster, 'redecide');
}

function npmRun(cluster: TestCluster, command: string): Promise<string> {
  const env = { SHIPLOG_HOME: cluster.home, SHIPLOG_SLOT: String(E2E_SLOT), ...QUICK };
  return run(process.execPath, [resolve(__dirname, '../../bootstrap.mjs'), command], { env });
}
