import { existsSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { LauncherFailure } from '../failure';
import { Home } from '../home';
import { isAlive } from '../processes/identity';
import { ProcessRecords } from '../processes/records';
import { createOwn, parseState, readOwn, runtimeFolder, writeOwn } from '../runtime-folder';
import { REPOSITORY, SLOTS, type LauncherSettings } from '../settings';
import { decideOwnership, describeForeign, type Liveness, type Ownership, type SlotClaim } from './decide/ownership';

type Place = Pick<LauncherSettings, 'slot' | 'home'>;

/** Whose a slot of this machine is now. */
export function ownershipOf({ slot, home }: Place): Ownership {
  const claim = readClaim(slot);
  return decideOwnership(claim, livenessOf(claim), { home: realHome(home), pid: process.pid });
}

/**
 * Whose a slot is, unless another home's cluster runs in it.
 * @throws LauncherFailure that says whose it is
 */
export function refuseForeign(place: Place): Exclude<Ownership, { kind: 'foreign' }> {
  const ownership = ownershipOf(place);
  if (ownership.kind !== 'foreign') return ownership;
  const { sentence, fix } = describeForeign(ownership, place.slot);
  throw new LauncherFailure(sentence, fix);
}

/**
 * Lets a cluster alone that another checkout started on the same home: it may be of another release, and it is in use
 * there. One whose checkout is gone is anybody's to stop.
 * @throws LauncherFailure that says where it can be stopped
 */
export function refuseOtherCheckout(claim: SlotClaim | undefined): void {
  const { checkout } = claim ?? {};
  if (claim === undefined || checkout === undefined || checkout === REPOSITORY || !existsSync(checkout)) return;
  throw new LauncherFailure(
    `The cluster of ${claim.home} (process ${claim.pid}) was started in ${checkout}: nothing was touched.`,
    `cd ${checkout} && npm run down`,
  );
}

/**
 * Writes down that a slot is this process's.
 * @returns whose it was before
 * @throws LauncherFailure while it is anybody else's
 */
export function takeSlot(place: Place, own: SlotClaim): Ownership {
  const before = refuseForeign(place);
  if (before.kind === 'running') throw alreadyRuns(before.claim);
  const path = slotFile(place.slot);
  const text = JSON.stringify({ ...own, home: realHome(own.home) });
  if (before.kind === 'own') writeOwn(path, text);
  else {
    rmSync(path, { force: true });
    // Whoever was quicker between the look and this has the slot.
    if (!createOwn(path, text)) return takeSlot(place, own);
  }
  return before;
}

/** Gives a slot back, unless it is another's by now. */
export function releaseSlot(place: Place): void {
  const { kind } = ownershipOf(place);
  if (kind === 'own' || kind === 'leftover') rmSync(slotFile(place.slot), { force: true });
}

/** Takes the claim of a slot away whose remains have been cleared. */
export function forgetAbandoned(place: Place): void {
  if (ownershipOf(place).kind === 'abandoned') rmSync(slotFile(place.slot), { force: true });
}

/** The other homes of this user whose clusters run pods on an engine, in whichever slot. */
export function othersOn(dockerHost: string, home: string): SlotClaim[] {
  return SLOTS.map((slot) => ownershipOf({ slot, home }))
    .flatMap((ownership) => (ownership.kind === 'foreign' ? [ownership.claim] : []))
    .filter((claim) => claim.dockerHost === dockerHost);
}

/** What a second launcher of a home is told. */
export function alreadyRuns({ pid, home }: { pid: number; home: string }): LauncherFailure {
  return new LauncherFailure(`This cluster runs already (process ${pid}, ${home}).`, 'npm run status, or npm run down');
}

function readClaim(slot: number): SlotClaim | undefined {
  return parseState(readOwn(slotFile(slot)));
}

function livenessOf(claim: SlotClaim | undefined): Liveness {
  if (claim === undefined) return 'nothing';
  if (isAlive(claim)) return 'launcher';
  return new ProcessRecords(new Home(claim.home).records).alive().length > 0 ? 'processes' : 'nothing';
}

/** One name for a folder that is reached by several. */
function realHome(home: string): string {
  return existsSync(home) ? realpathSync(home) : home;
}

function slotFile(slot: number): string {
  return join(runtimeFolder(), `slot-${slot}.json`);
}
