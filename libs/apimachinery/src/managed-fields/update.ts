import type { FieldOwner, FieldOwners, FieldSet, KubeObject, ResourceRow } from '@shiplog/contracts';
import { difference, isEmptySet, union } from './field-set';
import { type Manager, NOBODY, managerOf, namedFields, ownerKey, withFields } from './owners';
import { Comparisons, ownedFields, tracked } from './scope';

/** Who writes, when. */
export interface Write extends Manager {
  /** RFC 3339, to the second. */
  readonly time: string;
  /**
   * One of the cluster's own: of a status it is given all that nobody names, and its time stays, so that what it writes all the time
   * changes no ownership.
   */
  readonly isSystem?: boolean;
}

/** Entries of managers that update: the oldest of more are merged (DefaultMaxUpdateManagers in managedfields). */
const MOST_UPDATERS = 10;
const MERGED_MANAGER = 'ancient-changes';

/** Whose the fields of a new object are: its creator's, whatever there is that nobody else comes to own. */
export function ownersOfNew(write: Write): FieldOwners {
  return { [ownerKey({ ...write, operation: 'Update' })]: { time: write.time, rest: true } };
}

/**
 * Whose the fields of an object are after an update: who writes owns what it has changed and added, and nobody what it has removed.
 * The same value where nothing of that changes; undefined where nothing is tracked.
 */
export function ownersAfterUpdate(
  row: ResourceRow,
  owners: FieldOwners | undefined,
  before: KubeObject,
  after: KubeObject,
  write: Write,
): FieldOwners | undefined {
  if (owners === undefined || after === before) return owners;
  const key = ownerKey({ ...write, operation: 'Update' });
  const known = write.isSystem === true ? withRestOfStatus(owners, key, write) : owners;
  if (write.isSystem === true && known[key]?.rest === true && !isNamedByOthers(known, key, write)) return known;
  const comparisons = new Comparisons(row, before, after);
  const own = comparisons.in(write.apiVersion);
  // Who changes nothing has nobody's fields named, though the request comes in another version than theirs.
  if (own === undefined || isEmptySet(own.all)) return owners;
  const gained = tracked(own.set);
  const named = inVersion(row, known, write.apiVersion, before);
  const result = withoutLost(named, key, comparisons);
  const mine = named[key];
  if (isEmptySet(gained)) {
    const left = mine === undefined ? undefined : withFields(mine, difference(namedFields(mine), own.removed));
    if (left !== undefined) result[key] = left;
  } else result[key] = withGained(mine ?? {}, gained, own.removed, write);
  return sameOwners(owners, result) ? owners : capped(row, result, after);
}

/** A part of the cluster that writes a status has all of it that others do not name, from its first report on. */
function withRestOfStatus(owners: FieldOwners, key: string, { subresource, time }: Write): FieldOwners {
  if (subresource !== STATUS || owners[key] !== undefined) return owners;
  for (const other of Object.keys(owners)) {
    if (owners[other]?.rest === true && managerOf(other, owners[other])?.subresource === STATUS) return owners;
  }
  return { ...owners, [key]: { time, rest: true } };
}

/** Whether others may have to give up some of what a request changes. */
function isNamedByOthers(owners: FieldOwners, key: string, { subresource }: Write): boolean {
  for (const other of Object.keys(owners)) {
    const fields = other === key ? undefined : owners[other]?.fields;
    if (fields !== undefined && (subresource !== STATUS || Object.hasOwn(fields, `f:${STATUS}`))) return true;
  }
  return false;
}

const STATUS = 'status';

function withGained(owner: FieldOwner, gained: FieldSet, removed: FieldSet, { isSystem, time }: Write): FieldOwner {
  const since = isSystem === true ? (owner.time ?? time) : time;
  if (owner.rest === true) {
    const left = withFields(owner, difference(namedFields(owner), removed)) ?? owner;
    return since === left.time ? left : { ...left, time: since };
  }
  const fields = difference(union(namedFields(owner), gained), removed);
  return fields === owner.fields && since === owner.time ? owner : { ...owner, time: since, fields };
}

/** All others without what changed hands or is gone; who owns nothing any more, or in a version that is gone, is left out. */
function withoutLost(owners: FieldOwners, key: string, comparisons: Comparisons): Record<string, FieldOwner> {
  const result: Record<string, FieldOwner> = {};
  for (const [other, owner] of Object.entries(owners)) {
    if (other === key) continue;
    const left = withoutChanged(other, owner, comparisons);
    if (left !== undefined) result[other] = left;
  }
  return result;
}

/** An owner without what a change takes from it; undefined when nothing is left. */
export function withoutChanged(key: string, owner: FieldOwner, comparisons: Comparisons): FieldOwner | undefined {
  if (owner.fields === undefined) return owner;
  const comparison = comparisons.in(managerOf(key, owner)?.apiVersion ?? comparisons.stored);
  if (comparison === undefined) return undefined;
  return withFields(owner, difference(owner.fields, comparison.all));
}

/** The owners, with what some own as the rest named where a request in another version comes. */
export function inVersion(row: ResourceRow, owners: FieldOwners, apiVersion: string, object: KubeObject): FieldOwners {
  const isOther = Object.entries(owners).some(
    ([key, owner]) => owner.rest === true && managerOf(key, owner)?.apiVersion !== apiVersion,
  );
  return isOther ? allNamed(row, owners, object) : owners;
}

function allNamed(row: ResourceRow, owners: FieldOwners, object: KubeObject): FieldOwners {
  const result: Record<string, FieldOwner> = {};
  for (const [key, owner] of Object.entries(owners)) {
    const { rest: _rest, ...named } = owner;
    const fields = ownedFields(row, owners, key, object);
    if (key !== NOBODY && !isEmptySet(fields)) result[key] = { ...named, fields };
  }
  return result;
}

function sameOwners(a: FieldOwners, b: FieldOwners): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

/** At most so many that update; the oldest of a version become one. */
function capped(row: ResourceRow, owners: FieldOwners, object: KubeObject): FieldOwners {
  const isFew = Object.keys(owners).length <= MOST_UPDATERS;
  if (isFew || updatersOf(owners).length <= MOST_UPDATERS) return owners;
  const result: Record<string, FieldOwner> = { ...allNamed(row, owners, object) };
  const updaters = updatersOf(result);
  let surplus = updaters.length - MOST_UPDATERS;
  const first = new Map<string, string>();
  for (const [key, { apiVersion }] of updaters) {
    if (surplus <= 0) break;
    const kept = first.get(apiVersion);
    if (kept === undefined) {
      first.set(apiVersion, key);
      continue;
    }
    const bucket = ownerKey({ manager: MERGED_MANAGER, operation: 'Update', apiVersion, subresource: '' });
    const merged = result[bucket] ?? result[kept];
    const { time } = result[key] as FieldOwner;
    const fields = union(namedFields(merged), namedFields(result[key]));
    if (result[bucket] === undefined) delete result[kept];
    delete result[key];
    result[bucket] = { ...(time === undefined ? {} : { time }), fields };
    surplus -= 1;
  }
  return result;
}

/** The oldest first. */
function updatersOf(owners: FieldOwners): [key: string, manager: Manager][] {
  const updaters: [key: string, manager: Manager, time: string][] = [];
  for (const [key, owner] of Object.entries(owners)) {
    const manager = managerOf(key, owner);
    if (manager?.operation === 'Update') updaters.push([key, manager, owner.time ?? '']);
  }
  return updaters
    .sort(([a, , aTime], [b, , bTime]) => (aTime === bTime ? (a < b ? -1 : 1) : aTime < bTime ? -1 : 1))
    .map(([key, manager]) => [key, manager]);
}
