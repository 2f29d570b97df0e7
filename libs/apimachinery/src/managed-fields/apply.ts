import type { FieldOwner, FieldOwners, FieldSet, KubeObject } from '@shiplog/contracts';
import { copyWithout } from '../values/json-object';
import type { VersionedResource } from '../catalog/catalog';
import { fromStored, toStored } from '../catalog/conversion';
import { sameJson } from '../values/equal';
import { compareObjects } from './compare';
import { NOTHING, difference, intersection, isEmptySet, union } from './field-set';
import { fieldsApplied } from './fields-of';
import { mergeApplied, withoutFields } from './merge';
import { type Manager, NOBODY, managerOf, namedFields, ownerKey, withFields } from './owners';
import { Comparisons, appliedInScope, fieldsOfVersion, inScope, namedByOthers, restOf, tracked } from './scope';
import { type Write, inVersion, withoutChanged } from './update';

/** Fields of another manager that an application would change. */
export interface Conflict {
  readonly manager: Manager;
  readonly fields: FieldSet;
}

/** Who owns all that an object was before anyone's fields of it were tracked. */
const BEFORE_FIRST_APPLY = 'before-first-apply';

/** What an object comes to that is applied where there is none: all of it is who applies it's. */
export function ownersOfApplied(resource: VersionedResource, applied: KubeObject, write: Write): FieldOwners {
  const { row } = resource;
  const heeded = appliedInScope(row, write.subresource, applied);
  const fields = tracked(fieldsApplied(fieldsOfVersion(resource), heeded));
  if (isEmptySet(fields)) return {};
  const { apiVersion, time } = write;
  return { [ownerKey({ ...write, operation: 'Apply' })]: { apiVersion, time, fields } };
}

/**
 * An object's application to another one, which is left as it is (server-side apply; Updater.Apply in structured-merge-diff): the
 * merged object, less what its manager applied before and no longer does, where nobody else owns that.
 */
export class Application {
  /** In the version of what is applied, as a client would have submitted it. */
  readonly merged: KubeObject;
  readonly conflicts: readonly Conflict[];
  readonly #owners: FieldOwners;
  readonly #key: string;
  readonly #fields: FieldSet;
  readonly #last: FieldSet;
  /** To what is merged; admission may make something else of that. */
  readonly #comparisons: Comparisons;

  constructor(
    private readonly resource: VersionedResource,
    private readonly before: KubeObject,
    owners: FieldOwners | undefined,
    applied: KubeObject,
    private readonly write: Write,
  ) {
    const { row, version } = resource;
    const map = fieldsOfVersion(resource);
    this.#key = ownerKey({ ...write, operation: 'Apply' });
    this.#owners = inVersion(row, owners ?? beforeFirstApply(write), write.apiVersion, before);
    const heeded = appliedInScope(row, write.subresource, applied);
    this.#fields = tracked(fieldsApplied(map, heeded));
    this.#last = namedFields(this.#owners[this.#key]);
    const live = withoutOwners(fromStored(version, before));
    const merged = mergeApplied(map, live, heeded);
    const givenUp = this.#withoutNamed(difference(this.#last, this.#fields));
    // Who updated a struct once may own the struct itself; no application takes away more of it than its own fields.
    const gone = isEmptySet(givenUp) ? givenUp : intersection(givenUp, fieldsApplied(map, merged));
    this.merged = withoutFields(map, merged, gone) as KubeObject;
    this.#comparisons = new Comparisons(row, before, toStored(row, version, this.merged));
    this.conflicts = this.#conflicts();
  }

  /** Whose the fields are of what admission has made of the merged object (as it is stored). The same value where nothing changes. */
  ownersOf(after: KubeObject): FieldOwners {
    const result: Record<string, FieldOwner> = {};
    const shared = this.#shared();
    for (const [key, owner] of Object.entries(this.#owners)) {
      if (key === this.#key) continue;
      let left = withoutChanged(key, owner, this.#comparisons);
      const manager = managerOf(key, owner);
      if (left?.rest === true && manager !== undefined) {
        const co = restOf(this.resource.row, this.#owners, key, manager, shared);
        left = withFields(left, union(namedFields(left), co)) ?? left;
      }
      if (left !== undefined) result[key] = left;
    }
    if (!isEmptySet(this.#fields)) result[this.#key] = this.#own(after);
    this.#setNobody(result, after);
    return result;
  }

  /** A set without what others of some owners own by name. */
  #withoutNamed(set: FieldSet, owners = this.#owners): FieldSet {
    if (isEmptySet(set)) return set;
    const { [NOBODY]: _nobody, ...others } = owners;
    return difference(set, namedByOthers(others, this.#key));
  }

  #conflicts(): Conflict[] {
    const conflicts: Conflict[] = [];
    for (const [key, owner] of Object.entries(this.#owners)) {
      const manager = managerOf(key, owner);
      const comparison = manager && this.#comparisons.in(manager.apiVersion);
      if (key === this.#key || comparison === undefined) continue;
      let fields = intersection(namedFields(owner), comparison.set);
      if (owner.rest === true) {
        const rest = restOf(this.resource.row, this.#owners, key, manager as Manager, tracked(comparison.modified));
        fields = union(fields, rest);
      }
      if (!isEmptySet(fields)) conflicts.push({ manager: manager as Manager, fields });
    }
    return conflicts.sort((a, b) => (a.manager.manager < b.manager.manager ? -1 : 1));
  }

  /** What is applied as it was: the owners of the rest own it too from now on. */
  #shared(): FieldSet {
    const comparison = this.#comparisons.in(this.write.apiVersion);
    if (comparison === undefined) return NOTHING;
    return difference(this.#fields, comparison.all);
  }

  #own(after: KubeObject): FieldOwner {
    const { apiVersion, time } = this.write;
    const known = this.#owners[this.#key];
    if (known === undefined || !sameJson(this.#last, this.#fields)) return { apiVersion, time, fields: this.#fields };
    const isSame = known.apiVersion === apiVersion && !this.#isChange(after);
    return isSame ? known : { ...known, apiVersion, time };
  }

  /** Whether it changes anything, also after admission, which fills in again what is replaced whole. */
  #isChange(after: KubeObject): boolean {
    const setsIn = (comparisons: Comparisons): boolean => {
      const { set = NOTHING } = comparisons.in(this.write.apiVersion) ?? {};
      return !isEmptySet(set);
    };
    return setsIn(this.#comparisons) && setsIn(new Comparisons(this.resource.row, this.before, after));
  }

  /** What is there and was not applied, nor anybody's before: given up, or filled in by admission. It is no part of the rest. */
  #setNobody(result: Record<string, FieldOwner>, after: KubeObject): void {
    const { row } = this.resource;
    if (!Object.values(result).some(({ rest }) => rest === true)) {
      delete result[NOBODY];
      return;
    }
    const comparison = new Comparisons(row, this.before, after).in(this.write.apiVersion);
    if (comparison === undefined) return;
    const candidates = tracked(union(comparison.added, difference(this.#last, comparison.removed)));
    const unowned = inScope(
      row,
      this.write.subresource,
      this.#withoutNamed(difference(candidates, this.#fields), result),
    );
    const known = result[NOBODY];
    const fields = union(difference(namedFields(known), this.#fields), unowned);
    if (isEmptySet(fields)) delete result[NOBODY];
    else if (fields !== known?.fields) result[NOBODY] = { fields };
  }
}

function beforeFirstApply({ apiVersion, subresource, time }: Write): FieldOwners {
  const manager = { manager: BEFORE_FIRST_APPLY, operation: 'Update', apiVersion, subresource } as const;
  return { [ownerKey(manager)]: { time, rest: true } };
}

/** An object as clients know it, but for managedFields. */
export function withoutOwners<T extends KubeObject>(object: T): T {
  if (!Object.hasOwn(object.metadata, 'fieldOwners')) return object;
  return { ...object, metadata: copyWithout(object.metadata as never, (name) => name === 'fieldOwners') };
}

/** Conflicts without the fields that somebody had applied before (on the client's side) and that are so still. */
export function conflictsBeyond(
  resource: VersionedResource,
  lastApplied: Record<string, unknown>,
  live: KubeObject,
  conflicts: readonly Conflict[],
): Conflict[] {
  const map = fieldsOfVersion(resource);
  const kept = difference(fieldsApplied(map, lastApplied), compareObjects(map, lastApplied, live).all);
  return conflicts
    .map(({ manager, fields }) => ({ manager, fields: difference(fields, kept) }))
    .filter(({ fields }) => !isEmptySet(fields));
}
