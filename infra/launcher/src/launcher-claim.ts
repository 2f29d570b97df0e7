import { rmSync } from 'node:fs';
import type { Cluster } from './cluster';
import { isAlive, ownIdentity, type ProcessIdentity } from './processes/identity';
import { parseState, readOwn, writeOwn } from './runtime-folder';
import type { Ownership } from './slot/decide/ownership';
import { alreadyRuns, releaseSlot, takeSlot } from './slot/slot-claim';

/** What the running launcher of a cluster lets `status` and `rebuild` of its home know. */
export interface Claim extends ProcessIdentity {
  /** `repairing`: something that the launcher made has vanished, and it makes it again. */
  phase: 'starting' | 'ready' | 'repairing';
  home: string;
  slot: number;
  natsUrl: string;
  databaseUrl: string;
  dockerHost: string | undefined;
  minions: number;
}

/**
 * Says that this process runs the cluster of a home, in a slot.
 * @returns whose the slot was before: of an abandoned one there may be remains to clear
 * @throws LauncherFailure when another launcher runs it, or another cluster is in the slot
 */
export function claim(cluster: Cluster, phase: Claim['phase'] = 'starting'): Ownership {
  const held = currentClaim(cluster.home.claim);
  if (held !== undefined && held.pid !== process.pid) throw alreadyRuns(held);
  const { dockerHost } = ownClaim(cluster, phase);
  const before = takeSlot(cluster.settings, { ...ownIdentity(), home: cluster.home.folder, dockerHost });
  announce(cluster, phase);
  return before;
}

/** Lets others know how far the cluster of this process is. */
export function announce(cluster: Cluster, phase: Claim['phase']): void {
  writeOwn(cluster.home.claim, JSON.stringify(ownClaim(cluster, phase), null, 2));
}

/** What the last launcher of a home said, also when it died without taking it back. */
export function lastClaim(path: string): Claim | undefined {
  return parseState(readOwn(path));
}

/** The claim of a launcher that runs, if one does. */
export function currentClaim(path: string): Claim | undefined {
  const found = lastClaim(path);
  return found !== undefined && isAlive(found) ? found : undefined;
}

/** Takes back what this process, or one of this home that died, had claimed. */
export function release({ home, settings }: Pick<Cluster, 'home' | 'settings'>): void {
  rmSync(home.claim, { force: true });
  releaseSlot(settings);
}

function ownClaim({ home, settings, natsUrl, databaseUrl, mode }: Cluster, phase: Claim['phase']): Claim {
  const dockerHost = mode.kind === 'own-engine' ? mode.dockerHost : settings.dockerHost;
  const { slot, minions } = settings;
  return { ...ownIdentity(), phase, home: home.folder, slot, natsUrl, databaseUrl, dockerHost, minions };
}
