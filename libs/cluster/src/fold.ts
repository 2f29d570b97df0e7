import type { Fact, LogEvent, StoredObject } from '@shiplog/contracts';
import { copyToExtend } from '@shiplog/apimachinery';
import { withChanges } from './changes';

/** What of an event the fold needs. */
export type FoldedEvent = Pick<LogEvent, 'position' | 'resource' | 'fact' | 'namespace' | 'name' | 'data'>;

/** An event that can't follow the state it is folded into: the log, or what came over the wire, is broken. */
export class FoldError extends Error {
  constructor({ position, resource, fact, namespace, name }: FoldedEvent, description: string) {
    super(`event ${position} (${resource} ${namespace}/${name} ${fact}): ${description}`);
    this.name = 'FoldError';
  }
}

/** Whether the object is gone after this. */
export function isDeletion(fact: Fact): boolean {
  return fact === 'Deleted';
}

/** Whether this is the first event of its object, which holds it whole. */
export function isCreation(fact: Fact): boolean {
  return fact === 'Created';
}

/**
 * The one rule of the fold: the first event of an object holds it, every other one what changed, and the position
 * becomes the resourceVersion. Facts are for people and deciders; the fold doesn't look at them, except for the end.
 */
export function foldObject(before: StoredObject | undefined, event: FoldedEvent): StoredObject | undefined {
  if (isDeletion(event.fact)) return undefined;
  if (event.data.object !== undefined) return withVersion(event.data.object, event.position);
  if (before === undefined) throw new FoldError(event, 'changes an object that is not there');
  return withVersion(changed(before, event), event.position);
}

function changed(before: StoredObject, event: FoldedEvent): StoredObject {
  const { changes } = event.data;
  if (changes === undefined) return before;
  try {
    return withChanges(before, changes) as StoredObject;
  } catch (error) {
    throw new FoldError(event, error instanceof Error ? error.message : String(error));
  }
}

function withVersion(object: StoredObject, position: number): StoredObject {
  const metadata = copyToExtend(object.metadata);
  metadata.resourceVersion = String(position);
  return { ...object, metadata };
}
