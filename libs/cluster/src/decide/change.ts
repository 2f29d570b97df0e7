import {
  EVENT_FORMAT,
  type NODE_RESOURCES,
  type EventData,
  type Fact,
  type KubeObject,
  type ObjectOf,
  type ResourceId,
  type StoredObject,
} from '@shiplog/contracts';
import { withoutUndefined } from '@shiplog/apimachinery';
import { changesBetween } from '../changes';
import type { NewEvent } from './decision';
import { nameOfChange, type ChangeName } from './naming';

/** What only the decider knows of a change. */
export interface ChangeExtras {
  /** Instead of the name that the change itself suggests. */
  readonly name?: ChangeName;
  readonly decision?: EventData['decision'];
  readonly cause?: number;
}

/** The event that leads from one version of an object to the next; undefined when they are the same. */
export function changeEvent(
  resource: ResourceId,
  before: StoredObject,
  after: StoredObject,
  extras: ChangeExtras = {},
): NewEvent | undefined {
  const difference = changesBetween(before, after);
  if (difference === undefined) return undefined;
  const changes = withoutUndefined(difference);
  const { fact, facts } = extras.name ?? nameOfChange(resource, before, after, changes);
  const data: EventData = { changes };
  if (facts !== undefined) data.facts = facts;
  if (extras.decision !== undefined) data.decision = extras.decision;
  return eventOf(resource, after, fact, data, extras.cause);
}

/** The last event of an object. */
export function deletedEvent(resource: ResourceId, object: StoredObject): NewEvent {
  return eventOf(resource, object, 'Deleted', {});
}

/** The node whose channel an object belongs to: that of a bound pod, a Node itself, '' for everything else. */
export function nodeOf(resource: ResourceId, object: KubeObject): string {
  switch (resource as (typeof NODE_RESOURCES)[number]) {
    case 'nodes':
      return object.metadata.name ?? '';
    case 'pods':
      return (object as ObjectOf<'pods'>).spec?.nodeName ?? '';
    default:
      return '';
  }
}

/** An event of an object, as the object is after it (for a deletion: as it was). */
export function eventOf(
  resource: ResourceId,
  object: StoredObject,
  fact: Fact,
  data: EventData,
  cause?: number,
): NewEvent {
  return {
    version: EVENT_FORMAT,
    resource,
    fact,
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name,
    uid: object.metadata.uid,
    node: nodeOf(resource, object),
    cause,
    data,
  };
}
