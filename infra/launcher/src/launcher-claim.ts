import { existsSync, rmSync } from 'node:fs';
import type { Cluster } from './cluster';
import { isAlive, ownIdentity, type ProcessIdentity } from './processes/identity';
import { parseState, readOwn, writeOwn } from './runtime-folder';
import { Home } from './home';
import { REPOSITORY, type LauncherSettings } from './settings';
import type { Ownership, SlotClaim } from './slot/decide/ownership';
import { alreadyRuns, ownershipOf, releaseSlot, takeSlot } from './slot/slot-claim';

/** What the running launcher of a cluster lets `status` and `rebuild` of its home know. */
export interface Claim extends ProcessIdentity {
  /** `repairing`: something that the launcher made has vanished, and it makes it again. */
  phase: 'starting' | 'ready' | 'repairing';
  home: string;
  /** Where the launcher's program lies; those of earlier releases did not say. */
  checkout?: string;
  slot: number;
  natsUrl: string;
  databaseUrl: string;
  dockerHost: string | undefined;
  minions: number;
  /** Those of earlier releases had none. */
  hollow?: number;
  /** Those of earlier releases did not say: they had Docker. */
  runtimes?: LauncherSettings['runtimes'];
  dualStack?: boolean;
}

/**
 * Says that this process runs the cluster of a home, in a slot.
 * @returns whose the slot was before: of an abandoned one there may be remains to clear
 * @throws LauncherFailure when another launcher runs it, or another cluster is in the slot
 */
export function claim(cluster: Cluster, phase: Claim['phase'] = 'starting'): Ownership {
  const held = currentClaim(cluster.home.claim);
  if (held !== undefined && held.pid !== process.pid) throw alreadyRuns(held);
  const before = takeSlot(cluster.settings, ownSlotClaim(cluster));
  announce(cluster, phase);
  return before;
}

/** Says it again where it is no longer written: whoever finds a slot free may clear it. */
export function claimAgain(cluster: Cluster): void {
  if (ownershipOf(cluster.settings).kind === 'free') takeSlot(cluster.settings, ownSlotClaim(cluster));
  if (!existsSync(cluster.home.claim)) announce(cluster, 'ready');
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

/** The claim of the launcher that runs the cluster of a home, also when its state folder has lost that. */
export function runningClaim(settings: Pick<LauncherSettings, 'home' | 'slot'>): SlotClaim | Claim | undefined {
  const held = currentClaim(new Home(settings.home).claim);
  if (held !== undefined) return held;
  const ownership = ownershipOf(settings);
  return ownership.kind === 'running' ? ownership.claim : undefined;
}

/** Takes back what this process, or one of this home that died, had claimed. */
export function release({ home, settings }: Pick<Cluster, 'home' | 'settings'>): void {
  rmSync(home.claim, { force: true });
  releaseSlot(settings);
}

function ownSlotClaim(cluster: Cluster): SlotClaim {
  const { home, checkout, dockerHost } = ownClaim(cluster, 'starting');
  return { ...ownIdentity(), home, checkout, dockerHost };
}

function ownClaim({ home, settings, natsUrl, databaseUrl, mode }: Cluster, phase: Claim['phase']): Claim {
  const dockerHost = mode.kind === 'own-engine' ? mode.dockerHost : settings.dockerHost;
  const { slot, minions, hollow, runtimes, dualStack } = settings;
  return {
    ...ownIdentity(),
    phase,
    home: home.folder,
    checkout: REPOSITORY,
    slot,
    natsUrl,
    databaseUrl,
    dockerHost,
    minions,
    hollow,
    runtimes,
    dualStack,
  };
}
