import type { OwnerReference, ResourceId, StoredMeta, StoredObject } from '@shiplog/contracts';
import { patchOf } from '@shiplog/kube';
import type { PlannedCommand } from '../runtime/domain/controller';

/** The reference by which a controller owns an object. */
export function controllerReference(apiVersion: string, kind: string, owner: StoredMeta): OwnerReference {
  return { apiVersion, kind, name: owner.name, uid: owner.uid, controller: true, blockOwnerDeletion: true };
}

/** Adds an owner to an object; refused when another object has the name by now. */
export function addOwner(resource: ResourceId, object: StoredObject, owner: OwnerReference): PlannedCommand {
  return patchOf(resource, object, { metadata: { ownerReferences: [owner] } });
}

/** Takes owners away from an object; refused when another object has the name by now. */
export function removeOwners(resource: ResourceId, object: StoredObject, uids: readonly string[]): PlannedCommand {
  const ownerReferences = uids.map((uid) => ({ $patch: 'delete', uid }));
  return patchOf(resource, object, { metadata: { ownerReferences } });
}
