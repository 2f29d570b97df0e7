import type { ObjectKey, OwnerReference, ResourceId, StoredMeta } from '@shiplog/contracts';
import type { PlannedCommand } from '../runtime/domain/controller';

/** The reference by which a controller owns an object. */
export function controllerReference(apiVersion: string, kind: string, owner: StoredMeta): OwnerReference {
  return { apiVersion, kind, name: owner.name, uid: owner.uid, controller: true, blockOwnerDeletion: true };
}

/** The key of an object that is known to be stored under a resource. */
export function keyOf(resource: ResourceId, object: { metadata: StoredMeta }): ObjectKey {
  return { resource, namespace: object.metadata.namespace ?? '', name: object.metadata.name };
}

/** Adds an owner to an object; refused when another object has the name by now. */
export function addOwner(key: ObjectKey, uid: string, owner: OwnerReference): PlannedCommand {
  return patchOwners(key, uid, [{ ...owner }]);
}

/** Takes owners away from an object; refused when another object has the name by now. */
export function removeOwners(key: ObjectKey, uid: string, ownerUids: readonly string[]): PlannedCommand {
  return patchOwners(
    key,
    uid,
    ownerUids.map((owner) => ({ $patch: 'delete', uid: owner })),
  );
}

/** The uid in the patch is a precondition: uids can't change, so a patch with another one is a conflict. */
function patchOwners(key: ObjectKey, uid: string, ownerReferences: unknown[]): PlannedCommand {
  return {
    type: 'PatchObject',
    data: { ...key, patchType: 'strategic', patch: { metadata: { uid, ownerReferences } } },
  };
}
