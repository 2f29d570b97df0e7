import type { FieldOwner, FieldOwners, KubeObject, ManagedFieldsEntry, ResourceRow } from '@shiplog/contracts';
import { type VersionedResource, versionedAs } from '../catalog/catalog';
import { fromStored } from '../catalog/conversion';
import { withoutAccountVolume } from './account-volume';
import { withoutOwners } from './apply';
import { inOrder, isEmptySet } from './field-set';
import { type Manager, byTime, managerOf, namedFields } from './owners';
import { fieldsOfVersion, isInScope, notOwned } from './scope';
import { presentText, quoted } from './text';

interface Entry {
  readonly manager: Manager;
  readonly time: string | undefined;
  /** FieldsV1 as JSON. */
  readonly fields: string;
}

/** `metadata.managedFields` of an object as it is stored, as JSON; undefined where nothing is tracked. */
export function managedFieldsText(row: ResourceRow, object: KubeObject): string | undefined {
  const { fieldOwners } = object.metadata as { fieldOwners?: FieldOwners };
  if (fieldOwners === undefined) return undefined;
  const entries: Entry[] = [];
  for (const key of Object.keys(fieldOwners)) {
    const owner = fieldOwners[key] as FieldOwner;
    const manager = managerOf(key, owner);
    const fields = manager === undefined ? '' : fieldsText(row, fieldOwners, { key, owner, manager }, object);
    if (manager !== undefined && fields !== '') entries.push({ manager, time: owner.time, fields });
  }
  if (entries.length === 0) return undefined;
  entries.sort(inOrderOfEntries);
  let text = '';
  for (const entry of entries) text += `${text === '' ? '[' : ','}${entryText(entry)}`;
  return `${text}]`;
}

const inOrderOfEntries = (a: Entry, b: Entry): number => byTime(a.manager, a.time, b.manager, b.time);

interface Owning {
  readonly key: string;
  readonly owner: FieldOwner;
  readonly manager: Manager;
}

function fieldsText(
  row: ResourceRow,
  owners: FieldOwners,
  { key, owner, manager }: Owning,
  object: KubeObject,
): string {
  const resource = owner.rest === true ? versionedAs(row, manager.apiVersion) : undefined;
  if (resource === undefined) {
    const fields = namedFields(owner);
    return isEmptySet(fields) ? '' : JSON.stringify(inOrder(fields));
  }
  const shown = fromStored(resource.version, withoutAccountVolume(row, object));
  const isHeeded = isInScope(row, manager.subresource);
  return presentText(fieldsOfVersion(resource), shown, notOwned(row, owners, key), isHeeded);
}

/** What stands before and after the time of an entry: the same few managers write all objects. */
const entryEnds = new WeakMap<Manager, readonly [head: string, tail: string]>();

/** In the order of fields in which Kubernetes writes them. */
function entryText({ manager, time, fields }: Entry): string {
  let ends = entryEnds.get(manager);
  if (ends === undefined) entryEnds.set(manager, (ends = entryEndsOf(manager)));
  const since = time === undefined ? '' : `"time":${JSON.stringify(time)},`;
  return `${ends[0]}${since}"fieldsType":"FieldsV1","fieldsV1":${fields}${ends[1]}`;
}

function entryEndsOf({ manager, operation, apiVersion, subresource }: Manager): readonly [string, string] {
  const part = subresource === '' ? '' : `,"subresource":${JSON.stringify(subresource)}`;
  const head = `"manager":${JSON.stringify(manager)},"operation":"${operation}","apiVersion":${JSON.stringify(apiVersion)}`;
  return [`{${head},`, `${part}}`];
}

/** `metadata.managedFields` of an object as it is stored; undefined where nothing is tracked. */
export function managedFieldsOf(row: ResourceRow, object: KubeObject): ManagedFieldsEntry[] | undefined {
  const text = managedFieldsText(row, object);
  return text === undefined ? undefined : (JSON.parse(text) as ManagedFieldsEntry[]);
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

/** The JSON of a stored object as clients see it in one version: the same as of `shownAs`, and made faster. */
export function shownText({ row, version }: VersionedResource, stored: KubeObject): string {
  const plain = withoutOwners(fromStored(version, stored));
  const managedFields = managedFieldsText(row, stored);
  if (managedFields === undefined) return JSON.stringify(plain);
  let text = '';
  for (const name of Object.keys(plain)) {
    const value = JSON.stringify(plain[name]);
    text += `${text === '' ? '{' : ','}${quoted(name)}:`;
    text += name === 'metadata' ? `${value.slice(0, -1)},"managedFields":${managedFields}}` : value;
  }
  return `${text}}`;
}
