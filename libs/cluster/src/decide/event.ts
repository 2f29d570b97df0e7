import {
  eventVersion,
  NODE_RESOURCES,
  resourceRow,
  type EventData,
  type EventType,
  type GenericFact,
  type KubeObject,
  type Pod,
  type ResourceId,
  type StoredObject,
} from '@shiplog/contracts';
import type { NewEvent } from './types';

/** `Pod` and `Created` make `PodCreated`. */
export function genericType(resource: ResourceId, fact: GenericFact): EventType {
  return `${resourceRow(resource).kind}${fact}`;
}

/** The node whose channel an object belongs to: that of a bound pod, '' for everything else. */
export function nodeOf(resource: ResourceId, object: KubeObject): string {
  if (!(NODE_RESOURCES as readonly string[]).includes(resource)) return '';
  return (object as unknown as Pod).spec?.nodeName ?? '';
}

/** An event of an object, as the object is after it (for a deletion: as it was). */
export function eventOf(
  resource: ResourceId,
  object: StoredObject,
  type: EventType,
  data: EventData,
  cause?: number,
): NewEvent {
  return {
    type,
    version: eventVersion(type),
    resource,
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name,
    uid: object.metadata.uid,
    node: nodeOf(resource, object),
    cause,
    data,
  };
}
