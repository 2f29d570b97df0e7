import type { ObjectKey, OwnerReference, PropagationPolicy, StoredObject } from '@shiplog/contracts';
import { deletionOf, patchOf } from '@shiplog/kube';
import type { PlannedCommand } from '../../runtime/domain/controller';
import { removeOwners } from '../../domain/owners';

export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';
/** Dependents dealt with in one attempt, at most. */
const MOST_AT_ONCE = 500;

/**
 * Whether an owner is there; there but waiting for its dependents to go first; gone; or not to be found here, which
 * is no proof. An owner of a kind that isn't served counts as there: nobody can say otherwise.
 */
export type Presence = 'there' | 'waiting' | 'gone' | 'unseen';

export interface Dependent {
  readonly key: ObjectKey;
  readonly object: StoredObject;
}

/** All that the decision on one object looks at. */
export interface GarbageView extends Dependent {
  readonly owners: readonly { readonly reference: OwnerReference; readonly presence: Presence }[];
  /** Objects that name this one as an owner. */
  readonly dependents: readonly Dependent[];
}

export type GarbageOutcome =
  | { readonly kind: 'keep' }
  /** These owners must be asked for at the journal before anything is done. */
  | { readonly kind: 'verify'; readonly owners: readonly OwnerReference[] }
  | { readonly kind: 'act'; readonly commands: readonly PlannedCommand[] };

/** Whether an object has lost what it is there for, and what its own end means for those that it owns. */
export function decideGarbage(view: GarbageView): GarbageOutcome {
  const { metadata } = view.object;
  if (metadata.deletionTimestamp !== undefined) return decideOwnerLeaving(view, metadata.finalizers ?? []);
  const unseen = view.owners.filter(({ presence }) => presence === 'unseen');
  if (unseen.length > 0) return { kind: 'verify', owners: unseen.map(({ reference }) => reference) };
  return decideDependent(view);
}

/** An owner that is to go lets its dependents free, or waits until those that block it are gone. */
function decideOwnerLeaving({ key, object, dependents }: GarbageView, finalizers: readonly string[]): GarbageOutcome {
  const { uid } = object.metadata;
  if (finalizers.includes(ORPHAN)) {
    if (dependents.length === 0) return act(removeFinalizer(key, object, ORPHAN));
    const freed = dependents.slice(0, MOST_AT_ONCE);
    return act(...freed.map((dependent) => removeOwners(dependent.key.resource, dependent.object, [uid])));
  }
  if (!finalizers.includes(FOREGROUND)) return { kind: 'keep' };
  const blocked = dependents.some(({ object: dependent }) =>
    dependent.metadata.ownerReferences?.some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true),
  );
  return blocked ? { kind: 'keep' } : act(removeFinalizer(key, object, FOREGROUND));
}

/** An object with an owner left stays, without those that are gone; one that has lost them all goes. */
function decideDependent(view: GarbageView): GarbageOutcome {
  const { key, object, owners, dependents } = view;
  const lost = owners.filter(({ presence }) => presence !== 'there');
  if (lost.length === 0) return { kind: 'keep' };
  const lostUids = lost.map(({ reference }) => reference.uid);
  if (lost.length < owners.length) return act(removeOwners(key.resource, object, lostUids));
  const waiting = owners.filter(({ presence }) => presence === 'waiting').map(({ reference }) => reference.uid);
  if (waiting.length === 0 || dependents.length === 0) return act(remove(view, policyOf(object), true));
  // Two that own each other would wait for each other: this one stops blocking first.
  const circular = dependents.some((dependent) => dependent.object.metadata.finalizers?.includes(FOREGROUND));
  if (!circular) return act(remove(view, 'Foreground', true));
  return act(unblock(view, waiting), remove(view, 'Foreground', false));
}

/** A finalizer that an earlier delete has set is kept to. */
function policyOf({ metadata }: StoredObject): PropagationPolicy {
  if (metadata.finalizers?.includes(ORPHAN)) return 'Orphan';
  return metadata.finalizers?.includes(FOREGROUND) ? 'Foreground' : 'Background';
}

/** Deletes exactly this object; with `asSeen` only in the version that was decided on: it may have been adopted since. */
function remove({ key, object }: GarbageView, propagationPolicy: PropagationPolicy, asSeen: boolean): PlannedCommand {
  return deletionOf(key.resource, object, { propagationPolicy, asSeen });
}

function unblock({ key, object }: GarbageView, ownerUids: readonly string[]): PlannedCommand {
  const ownerReferences = ownerUids.map((uid) => ({ uid, blockOwnerDeletion: false }));
  return patchOf(key.resource, object, { metadata: { ownerReferences } });
}

/** The list is written whole, so another's change to the object since must refuse this one. */
function removeFinalizer({ resource }: ObjectKey, object: StoredObject, finalizer: string): PlannedCommand {
  const rest = object.metadata.finalizers?.filter((name) => name !== finalizer) ?? [];
  const metadata = { finalizers: rest.length === 0 ? null : rest };
  return patchOf(resource, object, { metadata }, { patchType: 'merge', asSeen: true });
}

function act(...commands: PlannedCommand[]): GarbageOutcome {
  return { kind: 'act', commands };
}
