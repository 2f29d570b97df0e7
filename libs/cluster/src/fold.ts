import type { EventType, LogEvent, StoredObject } from '@shiplog/contracts';
import { mergePatch } from '@shiplog/apimachinery';

/** An event that can't follow the state it is folded into: the log, or what came over the wire, is broken. */
export class FoldError extends Error {
  constructor(event: LogEvent, description: string) {
    super(`event ${event.position} (${event.type} ${event.namespace}/${event.name}): ${description}`);
    this.name = 'FoldError';
  }
}

/** Whether the object is gone after an event of this type. */
export function isDeletion(type: EventType): boolean {
  return type.endsWith('Deleted');
}

/** Whether an event of this type is the first of its object, which holds it whole. */
export function isCreation(type: EventType): boolean {
  return type.endsWith('Created');
}

/**
 * The one rule of the fold: the first event of an object holds it, every other one a merge patch, and the position
 * becomes the resourceVersion. Names of events are for people and deciders; the fold doesn't look at them, except
 * for the end.
 */
export function foldObject(before: StoredObject | undefined, event: LogEvent): StoredObject | undefined {
  if (isDeletion(event.type)) return undefined;
  if (event.data.object !== undefined) return withVersion(event.data.object, event.position);
  if (before === undefined) throw new FoldError(event, 'changes an object that is not there');
  const changed = event.data.changes === undefined ? before : mergePatch(before, event.data.changes);
  return withVersion(changed as StoredObject, event.position);
}

function withVersion(object: StoredObject, position: number): StoredObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(position) } };
}
