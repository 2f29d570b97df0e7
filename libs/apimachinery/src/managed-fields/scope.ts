import {
  apiVersionOf,
  type FieldOwners,
  type FieldSet,
  type KubeObject,
  type ResourceId,
  type ResourceRow,
} from '@shiplog/contracts';
import { type VersionedResource, versionedAs } from '../catalog/catalog';
import { fromStored, toStored } from '../catalog/conversion';
import { withoutAccountVolume } from './account-volume';
import { type Comparison, compareObjects } from './compare';
import { LEAF, NOTHING, difference, isEmptySet, union, unionOf } from './field-set';
import { fieldsPresent } from './fields-of';
import { type MapSchema, mergeSchemaOf } from './merge-schema';
import { type Manager, managerOf, namedFields } from './owners';

/** What is nobody's to manage (stripMetaManager in apimachinery's managedfields). */
const UNTRACKED: FieldSet = {
  'f:apiVersion': LEAF,
  'f:kind': LEAF,
  'f:metadata': {
    '.': LEAF,
    'f:name': LEAF,
    'f:namespace': LEAF,
    'f:creationTimestamp': LEAF,
    'f:selfLink': LEAF,
    'f:uid': LEAF,
    'f:generation': LEAF,
    // Kubernetes keeps these out by never looking at what a deletion changes.
    'f:deletionTimestamp': LEAF,
    'f:deletionGracePeriodSeconds': LEAF,
    'f:managedFields': LEAF,
    'f:resourceVersion': LEAF,
  },
};

/** A set without what nobody manages. */
export function tracked(set: FieldSet): FieldSet {
  return difference(set, UNTRACKED);
}

const STATUS = 'f:status';

function hasStatus({ versions }: ResourceRow): boolean {
  return versions[0].subresources.includes('status');
}

/** Whether a field of an object is one that a request to a (sub)resource can change. */
export function isInScope(row: ResourceRow, subresource: string): (field: string) => boolean {
  if (subresource === 'status') return (field) => field === 'status';
  return hasStatus(row) ? (field) => field !== 'status' : () => true;
}

/** Of a set, what a request to a (sub)resource can change: the status, or all that is not. */
export function inScope(row: ResourceRow, subresource: string, set: FieldSet): FieldSet {
  const { [STATUS]: status, ...others } = set;
  if (subresource === 'status') return status === undefined ? NOTHING : { [STATUS]: status };
  return status === undefined || !hasStatus(row) ? set : others;
}

/** Of an object that is applied to a (sub)resource, what is heeded beside what names the object. */
export function appliedInScope(row: ResourceRow, subresource: string, applied: KubeObject): KubeObject {
  const { status, ...others } = applied;
  if (subresource !== 'status') return hasStatus(row) ? (others as KubeObject) : applied;
  const { apiVersion, kind, metadata } = applied;
  const { name, namespace, uid, resourceVersion } = metadata;
  const identity = Object.fromEntries(
    Object.entries({ name, namespace, uid, resourceVersion }).filter(([, value]) => value !== undefined),
  );
  return { apiVersion, kind, metadata: identity, ...(status === undefined ? {} : { status }) };
}

const NO_FIELDS: MapSchema = { field: () => undefined, others: undefined };

export function fieldsOfVersion({ version }: VersionedResource): MapSchema {
  return mergeSchemaOf(version).map ?? NO_FIELDS;
}

/**
 * What an owner owns of an object (as it is stored), by name and as the rest. Only those that name fields in the same version take
 * from the rest: whoever lets another version in names the rest first.
 */
export function ownedFields(row: ResourceRow, owners: FieldOwners, key: string, object: KubeObject): FieldSet {
  const owner = owners[key];
  const manager = owner && managerOf(key, owner);
  const resource = manager && versionedAs(row, manager.apiVersion);
  if (owner?.rest !== true || resource === undefined) return namedFields(owner);
  const shown = fromStored(resource.version, withoutAccountVolume(row, object));
  const present = fieldsPresent(fieldsOfVersion(resource), shown);
  return union(restOf(row, owners, key, manager as Manager, tracked(present)), namedFields(owner));
}

const spec = (...fields: readonly string[]): FieldSet => ({
  'f:spec': Object.fromEntries(fields.map((field) => [`f:${field}`, LEAF])),
});

/** What a resource's objects have of the cluster and not of who made them: no part of the rest. */
const FILLED_IN: ReadonlyMap<ResourceId, FieldSet> = new Map([
  ['pods', spec('nodeName', 'priority', 'preemptionPolicy', 'serviceAccount', 'serviceAccountName', 'tolerations')],
  ['services', spec('clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy')],
]);

/** Of a set, what is an owner's as the rest: in its scope, and no other's by name. */
export function restOf(
  row: ResourceRow,
  owners: FieldOwners,
  key: string,
  { subresource }: Manager,
  set: FieldSet,
): FieldSet {
  const rest = difference(inScope(row, subresource, set), FILLED_IN.get(row.id) ?? NOTHING);
  if (isEmptySet(rest)) return rest;
  return difference(rest, namedByOthers(owners, key));
}

/** What others than one own by name. */
export function namedByOthers(owners: FieldOwners, key: string): FieldSet {
  return unionOf(Object.keys(owners).flatMap((other) => (other === key ? [] : [namedFields(owners[other])])));
}

const neverRest = new Map<ResourceId, FieldSet>();

/** What is no part of any rest. The same value for the same resource. */
function neverRestOf({ id }: ResourceRow): FieldSet {
  let set = neverRest.get(id);
  if (set !== undefined) return set;
  const filledIn = FILLED_IN.get(id);
  if (filledIn === undefined) return UNTRACKED;
  neverRest.set(id, (set = union(UNTRACKED, filledIn)));
  return set;
}

/** What is there of an object that an owner of the rest does not own. What it owns by name is there. */
export function notOwned(row: ResourceRow, owners: FieldOwners, key: string): FieldSet {
  const named = difference(namedByOthers(owners, key), namedFields(owners[key]));
  return union(neverRestOf(row), named);
}

/** Compares two states of an object as each version shows them. */
export class Comparisons {
  readonly #known = new Map<string, Comparison | undefined>();

  constructor(
    private readonly row: ResourceRow,
    /** As they are stored. */
    private readonly before: KubeObject,
    private readonly after: KubeObject,
  ) {}

  /** The version in which the object is stored. */
  get stored(): string {
    return apiVersionOf(this.row.versions[0]);
  }

  /** Undefined for a version that there is not. */
  in(apiVersion: string): Comparison | undefined {
    if (!this.#known.has(apiVersion)) this.#known.set(apiVersion, this.#compare(apiVersion));
    return this.#known.get(apiVersion);
  }

  #compare(apiVersion: string): Comparison | undefined {
    const resource = versionedAs(this.row, apiVersion);
    if (resource === undefined) return undefined;
    const { version } = resource;
    return compareObjects(fieldsOfVersion(resource), fromStored(version, this.before), fromStored(version, this.after));
  }
}

/** Compares what is stored with what something in a version of its own comes to. */
export function comparisonsTo({ row, version }: VersionedResource, before: KubeObject, after: KubeObject): Comparisons {
  return new Comparisons(row, before, toStored(row, version, after));
}
