import type { OwnerReference, ResourceId, StoredMeta, StoredObject } from '@shiplog/contracts';
import { patchOf } from '@shiplog/kube';
import type { PlannedCommand } from '../runtime/domain/controller';

/** The reference by which a controller owns an object. */
export function controllerReference(apiVersion: string, kind: string, owner: StoredMeta): OwnerReference {
  return { apiVersion, kind, name: owner.name, uid: owner.uid, controller: true, blockOwnerDeletion: true };
}

/** Adds an owner to an object, and by a finalizer keeps it for that; refused when another object has the name by now. */
export function addOwner(
  resource: ResourceId,
  object: StoredObject,
  owner: OwnerReference,
  finalizer?: string,
): PlannedCommand {
  const finalizers = finalizer === undefined ? {} : { finalizers: [finalizer] };
  return patchOf(resource, object, { metadata: { ownerReferences: [owner], ...finalizers } });
}

/** Takes owners and a finalizer away from an object; refused when another object has the name by now. */
export function removeOwners(
  resource: ResourceId,
  object: StoredObject,
  uids: readonly string[],
  finalizer?: string,
): PlannedCommand {
  const ownerReferences = uids.map((uid) => ({ $patch: 'delete', uid }));
  const finalizers = finalizer === undefined ? {} : { '$deleteFromPrimitiveList/finalizers': [finalizer] };
  return patchOf(resource, object, { metadata: { ownerReferences, ...finalizers } });
}
