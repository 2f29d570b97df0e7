import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster } from '../../../launcher/src/cluster';
import { LauncherFailure } from '../../../launcher/src/failure';
import { claim, release } from '../../../launcher/src/launcher-claim';
import { settingsFrom, type LauncherSettings } from '../../../launcher/src/settings';
import { clearSlot } from '../../../launcher/src/slot/clear-slot';
import { freePort } from '../../../launcher/src/system/ports';

/** Slots that the bench tries: high ones, where no developer's cluster is. */
const SLOTS = [8, 7, 6, 5, 4, 3, 2, 1];

/** Clusters that run, so that an interrupted run takes them down too. */
const running = new Map<Cluster, Promise<void> | undefined>();

/** A cluster of the bench's own, empty, with a state folder that goes when it is taken down. */
export async function makeCluster(
  minions: number,
  more: Partial<Pick<LauncherSettings, 'hollow' | 'hollowZones'>> = {},
): Promise<Cluster> {
  const home = mkdtempSync(join(tmpdir(), 'shiplog-bench-'));
  // The database runs as another user, who must pass through.
  chmodSync(home, 0o711);
  for (const slot of SLOTS) {
    const apiPort = await freePort(6_443 + slot, '127.0.0.1');
    const env = { SHIPLOG_HOME: home, SHIPLOG_CACHE: process.env.SHIPLOG_CACHE, SHIPLOG_SLOT: String(slot) };
    const settings = settingsFrom({ ...env, API_PORT: String(apiPort), LOG_LEVEL: process.env.LOG_LEVEL ?? 'warn' });
    const cluster = new Cluster({ ...settings, ...more, minions, sample: false }, tell);
    cluster.home.make();
    if (!takeSlot(cluster)) continue;
    running.set(cluster, undefined);
    return cluster;
  }
  rmSync(home, { recursive: true, force: true });
  throw new LauncherFailure('Every slot for a cluster on this machine is taken.', 'npm run down');
}

/** Stops everything and removes its state, once; keeps the state when `KEEP` is set, to look at the logs. */
export function takeDown(cluster: Cluster): Promise<void> {
  const ending = running.get(cluster) ?? end(cluster);
  running.set(cluster, ending);
  return ending;
}

/** What an interrupted run does before it ends. */
export async function takeAllDown(): Promise<void> {
  await Promise.all([...running.keys()].map(takeDown));
}

async function end(cluster: Cluster): Promise<void> {
  // Before the server goes: a connection that has lost it looks for it for ever.
  await cluster.close();
  await cluster.registry.stop(() => undefined);
  // Control groups and the like are no process's to remove.
  if (cluster.mode.kind === 'minions') await clearSlot(cluster.layout);
  release(cluster);
  if (process.env.KEEP === undefined) rmSync(cluster.home.folder, { recursive: true, force: true });
}

function takeSlot(cluster: Cluster): boolean {
  try {
    claim(cluster);
    return true;
  } catch (error) {
    if (error instanceof LauncherFailure) return false;
    throw error;
  }
}

function tell(sentence: string): void {
  process.stderr.write(`  ! ${sentence}\n`);
}
