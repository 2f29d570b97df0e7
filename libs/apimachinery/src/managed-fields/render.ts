import type { FieldOwners, KubeObject, ManagedFieldsEntry, ResourceRow } from '@shiplog/contracts';
import type { VersionedResource } from '../catalog/catalog';
import { fromStored } from '../catalog/conversion';
import { isEmptySet } from './field-set';
import { byTime, entryOf, managerOf } from './owners';
import { ownedFields } from './scope';
import { withoutOwners } from './apply';

/** `metadata.managedFields` of an object as it is stored; undefined where nothing is tracked. */
export function managedFieldsOf(row: ResourceRow, object: KubeObject): ManagedFieldsEntry[] | undefined {
  const { fieldOwners } = object.metadata as { fieldOwners?: FieldOwners };
  if (fieldOwners === undefined) return undefined;
  const entries: ManagedFieldsEntry[] = [];
  for (const [key, owner] of Object.entries(fieldOwners)) {
    const manager = managerOf(key, owner);
    const fields = manager && ownedFields(row, fieldOwners, key, object);
    if (manager !== undefined && fields !== undefined && !isEmptySet(fields))
      entries.push(entryOf(manager, owner.time, fields));
  }
  return entries.length === 0 ? undefined : entries.sort(byTime);
}

/** A stored object as clients see it in one version. */
export function shownAs<T extends KubeObject>({ row, version }: VersionedResource, stored: T): T {
  return withManagedFields(row, stored, fromStored(version, stored));
}

/** What shows a stored object, with managedFields in place of what they are made of. */
export function withManagedFields<T extends KubeObject>(row: ResourceRow, stored: KubeObject, shown: T): T {
  const managedFields = managedFieldsOf(row, stored);
  const plain = withoutOwners(shown);
  return managedFields === undefined ? plain : { ...plain, metadata: { ...plain.metadata, managedFields } };
}
