import type { EventData, ObjectOf, ResourceId, StoredObject } from '@shiplog/contracts';
import { diffPatch } from '../merge-patch';
import { withoutUndefined } from './clean';
import { eventOf, genericType } from './event';
import { nameOfChange, type ChangeName } from './naming';
import type { NewEvent } from './types';

/** What only the decider knows of a change. */
export interface ChangeExtras {
  /** Instead of the name that the change itself suggests. */
  readonly name?: ChangeName;
  readonly decision?: EventData['decision'];
  readonly cause?: number;
}

/** The event that leads from one version of an object to the next; undefined when they are the same. */
export function changeEvent<R extends ResourceId>(
  resource: R,
  from: StoredObject | ObjectOf<R>,
  to: StoredObject | ObjectOf<R>,
  extras: ChangeExtras = {},
): NewEvent | undefined {
  const before = from as StoredObject;
  const after = to as StoredObject;
  const difference = diffPatch(before, after);
  if (difference === undefined) return undefined;
  const changes = withoutUndefined(difference);
  const { type, facts } = extras.name ?? nameOfChange(resource, before, after, changes);
  const data: EventData = { changes };
  if (facts !== undefined) data.facts = facts;
  if (extras.decision !== undefined) data.decision = extras.decision;
  return eventOf(resource, after, type, data, extras.cause);
}

/** The last event of an object. */
export function deletedEvent(resource: ResourceId, object: StoredObject): NewEvent {
  return eventOf(resource, object, genericType(resource, 'Deleted'), {});
}

/** Nothing is left to wait for: no finalizer, and no grace period that its node still observes. */
export function isReadyToGo(resource: ResourceId, object: StoredObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = object.metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds > 0 || finalizers.length > 0) return false;
  return resource !== 'namespaces' || namespaceFinalizers(object).length === 0;
}

/** A namespace has finalizers in its spec too: its contents go first. */
export function namespaceFinalizers(object: StoredObject): readonly string[] {
  const spec = object.spec as { finalizers?: string[] } | undefined;
  return spec?.finalizers ?? [];
}
