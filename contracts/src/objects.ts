import type { ApiObjects, ObjectMeta } from './generated/kubernetes';
import type { BuiltIn, ResourceId } from './resources';

/** Any object of the API. Objects in a projection are never mutated: a change makes a new one. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

/** A set of fields as FieldsV1 has it: by steps (`f:spec`), each with what is within; `.` is the field itself. */
export interface FieldSet {
  readonly [step: string]: FieldSet;
}

/** What a manager owns of an object. */
export interface FieldOwner {
  /** RFC 3339, to the second: when its set last changed, or it a value of it. */
  readonly time?: string;
  /** In which version of the resource it applies; the version of one that updates is in its key. */
  readonly apiVersion?: string;
  /** What it is known to own; absent: nothing by name. */
  readonly fields?: FieldSet;
  /** It owns all else too, of what it writes (the status, or what is not status), that nobody owns by name. */
  readonly rest?: true;
}

/**
 * Whose the fields of an object are, by operation, version, subresource and manager (`Update:v1::kubectl`). What clients see as
 * `metadata.managedFields`, kept so that a change touches only what it changes.
 */
export type FieldOwners = Readonly<Record<string, FieldOwner>>;

/** The metadata of an object that the journal has accepted: the fields that it always stamps. */
export interface StoredMeta extends ObjectMeta {
  name: string;
  uid: string;
  resourceVersion: string;
  creationTimestamp: string;
  /** Absent where nothing is tracked: objects of old logs, and those whose managedFields a client has reset. */
  fieldOwners?: FieldOwners;
}

/** An object as a projection holds it. */
export interface StoredObject extends KubeObject {
  metadata: StoredMeta;
}

/**
 * The stored type of one resource, for example `ObjectOf<'pods'>`: a StoredObject whose fields are known, where the resource is
 * built in.
 */
export type ObjectOf<R extends ResourceId> = (R extends BuiltIn ? ApiObjects[R] : unknown) & StoredObject;

/** What names an object: `namespace` is '' for cluster-scoped resources. */
export interface ObjectKey {
  readonly resource: ResourceId;
  readonly namespace: string;
  readonly name: string;
}

/** `namespace/name`, or `name` for a cluster-scoped object: the key inside one resource. */
export function localKey(namespace: string, name: string): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

/** The inverse of `localKey`. */
export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf('/');
  return slash < 0 ? { namespace: '', name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
