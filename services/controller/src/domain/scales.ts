import type { ReadonlyCluster } from '@shiplog/cluster';
import { CONTROLLER_VIEW, type ObjectKey, type ResourceId, type Scale, type StoredObject } from '@shiplog/contracts';
import { scaleOf } from '@shiplog/admission';
import type { ReconcileRequest } from '../runtime/domain/controller';

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
  | { readonly found: 'scale'; readonly resource: ResourceId; readonly scale: Scale }
  | { readonly found: 'no kind' }
  | { readonly found: 'no scale'; readonly resource: ResourceId }
  | { readonly found: 'no object'; readonly resource: ResourceId }
  /** The journal has to be asked: see `askScales`. */
  | { readonly found: 'not asked'; readonly key: ObjectKey };

/** What the journal said of scales, by `scaleName`; null of what is not there. */
export type AskedScales = ReadonlyMap<string, Scale | null>;

/**
 * The Scale of an object of any kind that has the subresource. What controllers keep whole is read from the state, what users
 * defined is asked of the journal: where its numbers are is for its definition to say.
 */
export function findScale(
  state: ReadonlyCluster,
  asked: AskedScales,
  { apiVersion, kind, namespace, name }: Scaled,
): FoundScale {
  const row = state.catalog.ofKind(apiVersion, kind);
  if (row === undefined) return { found: 'no kind' };
  const { id: resource, versions } = row;
  if (!hasScale(state, resource)) return { found: 'no scale', resource };
  const key = { resource, namespace: row.namespaced ? namespace : '', name };
  if (isKeptWhole(resource)) {
    const object = state.get(resource, key.namespace, name);
    return object === undefined
      ? { found: 'no object', resource }
      : { found: 'scale', resource, scale: scaleOf(versions[0], object) };
  }
  const scale = asked.get(scaleName(key));
  if (scale === undefined) return { found: 'not asked', key };
  return scale === null ? { found: 'no object', resource } : { found: 'scale', resource, scale };
}

/** Asks the journal for scales; what it says is kept with the decision. */
export async function askScales(
  { state, observe }: ReconcileRequest,
  ask: AskJournal,
  keys: readonly ObjectKey[],
): Promise<AskedScales> {
  const asked = new Map<string, Scale | null>();
  for (const key of keys) {
    const name = scaleName(key);
    if (asked.has(name)) continue;
    const version = state.catalog.get(key.resource)?.versions[0];
    const read = async (): Promise<Scale | null> => {
      const object = await ask(key);
      return object === null || version === undefined ? null : scaleOf(version, object);
    };
    asked.set(name, await observe(name, read));
  }
  return asked;
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

function scaleName({ resource, namespace, name }: ObjectKey): string {
  return `scale of ${resource} ${namespace}/${name}`;
}
