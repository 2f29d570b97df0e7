import type { ApiObjects, ObjectMeta } from './generated/kubernetes';
import type { BuiltIn, ResourceId } from './resources';

/** Any object of the API. Objects in a projection are never mutated: a change makes a new one. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

/** The metadata of an object that the journal has accepted: the fields that it always stamps. */
export interface StoredMeta extends ObjectMeta {
  name: string;
  uid: string;
  resourceVersion: string;
  creationTimestamp: string;
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
