import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Cluster } from './cluster';
import { LauncherFailure } from './failure';
import { identityOf, isAlive, type ProcessIdentity } from './processes/identity';
import { tmpdir } from 'node:os';

/** What the running launcher of a cluster lets others know. */
export interface Claim extends ProcessIdentity {
  phase: 'starting' | 'ready';
  home: string;
  natsUrl: string;
  databaseUrl: string;
  dockerHost: string | undefined;
  minions: number;
}

/**
 * Says that this process runs the cluster of a home, in a slot.
 * @throws LauncherFailure when another launcher does
 */
export function claim(cluster: Cluster, phase: Claim['phase'] = 'starting'): void {
  const { home, settings } = cluster;
  const own: Claim = {
    ...identityOf(process.pid)!,
    phase,
    home: home.folder,
    natsUrl: cluster.natsUrl,
    databaseUrl: cluster.databaseUrl,
    dockerHost: cluster.mode.kind === 'own-engine' ? cluster.mode.dockerHost : undefined,
    minions: settings.minions,
  };
  refuseIfHeld(home.claim, own.pid, 'This cluster runs already', 'npm run status, or npm run down');
  refuseIfHeld(
    slotFile(cluster),
    own.pid,
    'Another cluster with the same addresses runs on this machine',
    `SHIPLOG_SLOT=${settings.slot + 1} npm start, or npm run down in its folder`,
  );
  for (const path of [home.claim, slotFile(cluster)]) {
    mkdirSync(dirname(path), { recursive: true });
    // Others read it at any moment: it changes as a whole.
    writeFileSync(`${path}.new`, JSON.stringify(own, null, 2), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }
}

/** The claim of a launcher that runs, if one does. */
export function currentClaim(path: string): Claim | undefined {
  if (!existsSync(path)) return undefined;
  const found = JSON.parse(readFileSync(path, 'utf8')) as Claim;
  return isAlive(found) ? found : undefined;
}

export function release(cluster: Cluster): void {
  rmSync(cluster.home.claim, { force: true });
  rmSync(slotFile(cluster), { force: true });
}

function refuseIfHeld(path: string, self: number, sentence: string, fix: string): void {
  const held = currentClaim(path);
  if (held !== undefined && held.pid !== self)
    throw new LauncherFailure(`${sentence} (process ${held.pid}, ${held.home}).`, fix);
}

function slotFile(cluster: Cluster): string {
  return `${tmpdir()}/shiplog-slot-${cluster.settings.slot}-${process.getuid?.() ?? 0}.json`;
}
