import type { ProcessIdentity } from '../../processes/identity';
import { SLOTS } from '../../settings';

/** Who uses a slot's addresses and names on this machine: a launcher, and the home that it runs. Holds no secret. */
export interface SlotClaim extends ProcessIdentity {
  readonly home: string;
  /** Where the launcher's program lies; those of earlier releases did not say. */
  readonly checkout?: string;
  /** As in DOCKER_HOST, once pods run on an engine of the user's. */
  readonly dockerHost?: string;
}

/** What still runs of the one who claimed a slot; processes outlive a launcher that was killed. */
export type Liveness = 'launcher' | 'processes' | 'nothing';

/** Whose a slot is, seen from one process that is to run, stop or remove the cluster of one home. */
export type Ownership =
  | { readonly kind: 'free' }
  /** This very process holds it. */
  | { readonly kind: 'own'; readonly claim: SlotClaim }
  /** Another launcher runs this home's cluster. */
  | { readonly kind: 'running'; readonly claim: SlotClaim }
  /** This home's launcher died. */
  | { readonly kind: 'leftover'; readonly claim: SlotClaim }
  /** Another home's cluster runs here. */
  | { readonly kind: 'foreign'; readonly claim: SlotClaim; readonly alive: Exclude<Liveness, 'nothing'> }
  /** Another home's cluster was here, and nothing of it runs. */
  | { readonly kind: 'abandoned'; readonly claim: SlotClaim };

/**
 * Whose a slot is.
 * @param claim what is written of it
 * @param alive what still runs of the claimant
 */
export function decideOwnership(
  claim: SlotClaim | undefined,
  alive: Liveness,
  self: { readonly home: string; readonly pid: number },
): Ownership {
  if (claim === undefined) return { kind: 'free' };
  if (claim.home !== self.home)
    return alive === 'nothing' ? { kind: 'abandoned', claim } : { kind: 'foreign', claim, alive };
  if (alive !== 'launcher') return { kind: 'leftover', claim };
  return claim.pid === self.pid ? { kind: 'own', claim } : { kind: 'running', claim };
}

/** Says whose a slot is that another home's cluster uses, and the one line that helps. */
export function describeForeign(
  { claim, alive }: Extract<Ownership, { kind: 'foreign' }>,
  slot: number,
): { sentence: string; fix: string } {
  const state =
    alive === 'launcher'
      ? `process ${claim.pid}`
      : `its launcher, process ${claim.pid}, has died, but processes of it still run`;
  return {
    sentence: `Slot ${slot} of this machine is used by the cluster of ${claim.home} (${state}).`,
    fix: `npm run down where it was started (SHIPLOG_HOME=${claim.home}), or another slot: SHIPLOG_SLOT=${(slot + 1) % SLOTS.length}`,
  };
}
