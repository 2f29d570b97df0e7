import { spawn } from 'node:child_process';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { LauncherFailure } from '../failure';
import { Home } from '../home';
import { currentClaim } from '../launcher-claim';
import type { LauncherSettings } from '../settings';
import { openLog } from '../processes/log-files';
import { REPOSITORY } from '../settings';
import { refuseForeign } from '../slot/slot-claim';

/** Starts the launcher in the background, shows what it says, and returns once the cluster is ready. */
export async function up(settings: LauncherSettings): Promise<void> {
  const home = new Home(settings.home);
  const held = currentClaim(home.claim);
  if (held !== undefined) return void process.stdout.write(`  Runs already (process ${held.pid}).\n`);
  refuseForeign(settings);
  home.make();
  const log = openLog(home.launcherLog);
  const shown = statSync(home.launcherLog).size;
  const backend = settings.backend === undefined ? [] : ['--backend', settings.backend];
  const runtime = settings.runtimes === undefined ? [] : ['--runtime', settings.runtimes.join()];
  const hollow = ['--hollow', String(settings.hollow), '--hollow-zones', String(settings.hollowZones)];
  const kinds = ['--minions', String(settings.minions), ...hollow, ...runtime];
  const dualStack = settings.dualStack ? ['--dual-stack'] : [];
  const flags = [...kinds, ...backend, ...dualStack, ...(settings.sample ? [] : ['--no-sample'])];
  const child = spawn(process.execPath, [join(REPOSITORY, 'infra', 'bootstrap.mjs'), 'start', ...flags], {
    cwd: REPOSITORY,
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const outcome = await follow(home, shown, ended);
  child.unref();
  if (outcome === 'ended')
    throw new LauncherFailure('The cluster did not start (why is above).', `less ${home.launcherLog}`);
}

/** Copies a growing log to the screen until the cluster is ready or its launcher has ended. */
async function follow(home: Home, from: number, ended: Promise<unknown>): Promise<'ready' | 'ended'> {
  const file = openSync(home.launcherLog, 'r');
  const buffer = Buffer.alloc(64 * 1024);
  let position = from;
  let over = false;
  void ended.then(() => {
    over = true;
  });
  try {
    for (;;) {
      const last = over || currentClaim(home.claim)?.phase === 'ready';
      for (let read = -1; read !== 0; position += read) {
        read = readSync(file, buffer, 0, buffer.length, position);
        process.stdout.write(buffer.subarray(0, read));
      }
      if (last) return over ? 'ended' : 'ready';
      await wait(100);
    }
  } finally {
    closeSync(file);
  }
}
