import type { ReadonlyCluster } from '@shiplog/cluster';
import { localKey, type ObjectOf, type OwnerReference, type ResourceId } from '@shiplog/contracts';
import { controllerOf } from '@shiplog/kube';
import type { KeysOf, PlannedCommand } from '../runtime/domain/controller';
import { addOwner, removeOwners } from './owners';

type Labels = Readonly<Record<string, string>> | undefined;

/** Which objects a controller manages, and what sets that right. */
export interface Claims<R extends ResourceId> {
  /** Those that are its own or become so, in the order given. */
  readonly owned: ObjectOf<R>[];
  readonly commands: PlannedCommand[];
}

export interface Claimer {
  /** By which it owns. */
  readonly reference: OwnerReference;
  /** Whether its selector takes these labels. */
  readonly matches: (labels: Labels) => boolean;
  /** One on its way out takes and releases nothing; what it owns and selects stays its own. */
  readonly isGoing?: boolean;
  /** By which it keeps what it owns until it has seen to its end: taken and given up with it. */
  readonly finalizer?: string;
}

/**
 * Whose objects are whose (ClaimObject of Kubernetes' controller_ref_manager): matching ones that nobody controls and that
 * stay are adopted, own ones that stopped matching are released, others' are left alone.
 *
 * @param mayAdopt of orphans that match and are not on their way out: whether to take this one
 */
export function claim<R extends ResourceId>(
  resource: R,
  { reference, matches, isGoing = false, finalizer }: Claimer,
  objects: readonly ObjectOf<R>[],
  mayAdopt: (object: ObjectOf<R>) => boolean = () => true,
): Claims<R> {
  const owned: ObjectOf<R>[] = [];
  const commands: PlannedCommand[] = [];
  for (const object of objects) {
    const owner = controllerOf(object);
    const fits = matches(object.metadata.labels);
    if (owner?.uid === reference.uid) {
      if (fits) owned.push(object);
      else if (!isGoing) commands.push(removeOwners(resource, object, [reference.uid], finalizer));
    } else if (owner === undefined && fits && !isGoing && !isLeaving(object) && mayAdopt(object)) {
      commands.push(addOwner(resource, object, reference, finalizer));
      owned.push(object);
    }
  }
  return { owned, commands };
}

/** All that a controller may claim: its own, and those of its namespace that have no controller; by their names. */
export function candidatesOf<R extends ResourceId>(
  state: ReadonlyCluster,
  resource: R,
  { namespace = '', uid }: { readonly namespace?: string; readonly uid: string },
): ObjectOf<R>[] {
  const both = [...state.controlledBy(resource, uid), ...state.uncontrolled(resource, namespace)];
  return both.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

/**
 * Wakes, for a change of an object that controllers of one kind own: its owners before and after, and of an orphan every one
 * that would take it. Keys: a controller's namespace/name.
 */
export function keysOfOwners<R extends ResourceId, O extends ResourceId>(
  kind: string,
  owners: O,
  matches: (owner: ObjectOf<O>, labels: Labels) => boolean,
): KeysOf<R> {
  return ({ before, after }, state) => {
    const keys = new Set<string>();
    const namespace = (after ?? before)?.metadata.namespace ?? '';
    for (const owner of [controllerOf(before), controllerOf(after)]) {
      if (owner?.kind === kind) keys.add(localKey(namespace, owner.name));
    }
    if (after !== undefined && controllerOf(after) === undefined) {
      for (const owner of state.list(owners, namespace)) {
        if (matches(owner, after.metadata.labels)) keys.add(localKey(namespace, owner.metadata.name));
      }
    }
    return keys;
  };
}

/** Wakes the object that changed, by its namespace/name. */
export const keyOfItself: KeysOf = ({ before, after }) => {
  const metadata = (after ?? before)?.metadata;
  return metadata === undefined ? [] : [localKey(metadata.namespace ?? '', metadata.name)];
};

/** Every object of a resource, by its namespace/name. */
export function keysOfAll(resource: ResourceId): (state: ReadonlyCluster) => string[] {
  return (state) => state.list(resource).map(({ metadata: { namespace = '', name } }) => localKey(namespace, name));
}

function isLeaving({ metadata }: { metadata: { deletionTimestamp?: string } }): boolean {
  return metadata.deletionTimestamp !== undefined;
}
