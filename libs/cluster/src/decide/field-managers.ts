import {
  apiVersionOf,
  isClusterActor,
  type FieldOwners,
  type KubeObject,
  type ResourceRow,
  type StoredObject,
} from '@shiplog/contracts';
import {
  isReset,
  managedFieldsOf,
  ownersFrom,
  sameJson,
  toSeconds,
  withManagedFields,
  withoutOwners,
  type Write,
} from '@shiplog/apimachinery';
import type { DecisionContext } from './decision';

/** Under which names users know the parts of the cluster that write. */
const SYSTEM_MANAGERS: ReadonlyMap<string, string> = new Map([
  ['system:shiplog:api', 'kube-apiserver'],
  ['system:shiplog:controller', 'kube-controller-manager'],
  ['system:shiplog:scheduler', 'kube-scheduler'],
]);
const NODE = 'system:node:';

/** The manager of who names none. */
const UNKNOWN = 'unknown';

/** Who manages what a command writes. */
export function writeOf(
  { actor, metadata }: DecisionContext,
  row: ResourceRow,
  { apiVersion = apiVersionOf(row.versions[0]), subresource = '', fieldManager = '' }: WriteOptions,
  operation: Write['operation'] = 'Update',
): Write {
  const isSystem = fieldManager === '' && isClusterActor(actor);
  const manager = isSystem ? systemManager(actor) : fieldManager === '' ? UNKNOWN : fieldManager;
  return { manager, operation, apiVersion, subresource, time: toSeconds(metadata.time), isSystem };
}

interface WriteOptions {
  readonly apiVersion?: string;
  readonly subresource?: string;
  readonly fieldManager?: string;
}

function systemManager(actor: string): string {
  return actor.startsWith(NODE) ? 'kubelet' : (SYSTEM_MANAGERS.get(actor) ?? actor.replace(/^system:shiplog:/, ''));
}

/** An object as a client's patch finds it: managedFields are made only for one that is about them. */
export function asPatched<T extends KubeObject>(row: ResourceRow, stored: StoredObject, shown: T, patch: unknown): T {
  return isAboutManagedFields(patch) ? withManagedFields(row, stored, shown) : withoutOwners(shown);
}

const MANAGED_FIELDS = 'managedFields';

function isAboutManagedFields(patch: unknown): boolean {
  if (Array.isArray(patch)) return (patch as unknown[]).some((operation) => isOfMetadata(operation));
  const { metadata } = (patch ?? {}) as { metadata?: unknown };
  if (typeof metadata !== 'object' || metadata === null) return false;
  return Object.keys(metadata).some((field) => field.endsWith(MANAGED_FIELDS));
}

/** Whether an operation of a JSON patch reads or writes managedFields, alone or with all of metadata. */
function isOfMetadata(operation: unknown): boolean {
  const { path, from } = (operation ?? {}) as { path?: unknown; from?: unknown };
  return [path, from].some(
    (pointer) => pointer === '' || pointer === '/metadata' || String(pointer).startsWith(`/metadata/${MANAGED_FIELDS}`),
  );
}

/**
 * The owners before an update: those that it gives itself, if it gives others than there are. A subresource does not give any, and
 * what can't be read is passed over, for clients that know nothing of managedFields.
 */
export function ownersBefore(
  row: ResourceRow,
  before: StoredObject,
  submitted: KubeObject,
  subresource: string | undefined,
): FieldOwners | undefined {
  const { fieldOwners } = before.metadata;
  const { managedFields } = (submitted.metadata ?? {}) as { managedFields?: unknown };
  if (managedFields === undefined || subresource !== undefined) return fieldOwners;
  if (isReset(managedFields)) return undefined;
  const given = ownersFrom(managedFields);
  return given === undefined || sameJson(managedFields, managedFieldsOf(row, before)) ? fieldOwners : given;
}

/** The object with these owners; itself where it has them. */
export function ownedBy<T extends KubeObject>(object: T, owners: FieldOwners | undefined): T {
  const metadata = object.metadata as StoredObject['metadata'];
  if (metadata.fieldOwners === owners) return object;
  if (owners === undefined || Object.keys(owners).length === 0) return withoutOwners(object);
  return { ...object, metadata: { ...metadata, fieldOwners: owners } };
}
