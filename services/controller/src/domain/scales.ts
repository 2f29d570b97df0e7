import type { ReadonlyCluster } from '@shiplog/cluster';
import { CONTROLLER_VIEW, type ObjectKey, type ResourceId, type Scale, type StoredObject } from '@shiplog/contracts';
import { scaleOf } from '@shiplog/admission';

/** The journal's word on an object, whole: null when there is none of that name. */
export type AskJournal = (key: ObjectKey) => Promise<StoredObject | null>;

/** Something that may have a number of replicas, as owner references and scale targets name it. */
export interface Scaled {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** What looking for a scale comes to. */
export type FoundScale =
  | { readonly found: 'scale'; readonly resource: ResourceId; readonly object: StoredObject; readonly scale: Scale }
  | { readonly found: 'no kind' }
  | { readonly found: 'no scale'; readonly resource: ResourceId }
  | { readonly found: 'no object'; readonly resource: ResourceId };

/**
 * The Scale of an object of any kind that has the subresource. What controllers keep whole is read from the state, what users
 * defined is asked of the journal: where its numbers are is for its definition to say.
 */
export async function findScale(
  state: ReadonlyCluster,
  ask: AskJournal,
  { apiVersion, kind, namespace, name }: Scaled,
): Promise<FoundScale> {
  const row = state.catalog.ofKind(apiVersion, kind);
  if (row === undefined) return { found: 'no kind' };
  const { id: resource, versions } = row;
  if (!hasScale(state, resource)) return { found: 'no scale', resource };
  const key = { resource, namespace: row.namespaced ? namespace : '', name };
  const object = isKeptWhole(resource) ? state.get(resource, key.namespace, name) : await ask(key);
  if (object === undefined || object === null) return { found: 'no object', resource };
  return { found: 'scale', resource, object, scale: scaleOf(versions[0], object) };
}

/** Whether objects of a resource have the subresource `scale`. */
export function hasScale({ catalog }: ReadonlyCluster, resource: ResourceId): boolean {
  return catalog.get(resource)?.versions[0].subresources.includes('scale') === true;
}

/** Whether all of an object is in the state of a controller. */
export function isKeptWhole(resource: ResourceId): boolean {
  const masks: { readonly [R in ResourceId]?: { readonly fields?: object } } = CONTROLLER_VIEW.resources;
  return Object.hasOwn(masks, resource) && masks[resource]?.fields === undefined;
}
