import { join } from 'node:path';
import { REPOSITORY } from '../../launcher/src/settings';
import { run } from '../../launcher/src/system/run';

/** A whole cluster starts, or goes, in half a minute on two idle cores. */
const PATIENCE_MS = 180_000;

/** The launcher as a user runs it (`npm run up -- --minions 2`), for the cluster of a folder and a slot: answers what it printed. */
export function launcherOf(home: string, slot: number): (...words: string[]) => Promise<string> {
  return (...words) =>
    run(process.execPath, [join(REPOSITORY, 'infra', 'bootstrap.mjs'), ...words], {
      env: { SHIPLOG_HOME: home, SHIPLOG_SLOT: String(slot) },
      cwd: REPOSITORY,
      timeout: PATIENCE_MS,
    });
}
