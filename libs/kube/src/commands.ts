import type { CommandData, ObjectKey, ResourceId } from '@shiplog/contracts';

interface Named {
  readonly metadata: {
    readonly namespace?: string;
    readonly name: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
  };
}

interface Seen {
  /** Only in the version that was decided on: another's change since then must refuse this one. */
  readonly asSeen?: boolean;
}

type PatchOptions = Partial<Pick<CommandData['PatchObject'], 'patchType' | 'subresource'>> & Seen;
type DeletionOptions = Pick<CommandData['DeleteObject'], 'gracePeriodSeconds' | 'propagationPolicy'> & Seen;

interface Patch {
  readonly metadata?: object;
  readonly [field: string]: unknown;
}

/** Where an object lies. */
export function keyOf(resource: ResourceId, { metadata: { namespace = '', name } }: Named): ObjectKey {
  return { resource, namespace, name };
}

/**
 * Patches exactly this object, strategically unless told. The uid in the patch is a precondition: uids can't change, so
 * where another object has the name by now the patch is a conflict. Given a name alone, it is whatever has that name.
 */
export function patchOf(resource: ResourceId, object: Named, patch: Patch, options: PatchOptions = {}) {
  const { asSeen, patchType = 'strategic', ...rest } = options;
  const metadata = { ...identityOf(object, asSeen), ...patch.metadata };
  const whole = Object.keys(metadata).length === 0 ? patch : { ...patch, metadata };
  return { type: 'PatchObject' as const, data: { ...keyOf(resource, object), ...rest, patchType, patch: whole } };
}

/** Patches the status of exactly this object. */
export function statusPatchOf(resource: ResourceId, object: Named, status: object, options: PatchOptions = {}) {
  return patchOf(resource, object, { status }, { ...options, subresource: 'status' });
}

/** Deletes exactly this object. */
export function deletionOf(resource: ResourceId, object: Named, options: DeletionOptions = {}) {
  const { asSeen, ...rest } = options;
  const data = { ...keyOf(resource, object), ...rest, preconditions: identityOf(object, asSeen) };
  return { type: 'DeleteObject' as const, data };
}

function identityOf({ metadata: { uid, resourceVersion } }: Named, asSeen = false) {
  return { ...(uid === undefined ? {} : { uid }), ...(asSeen ? { resourceVersion } : {}) };
}
