import type { ResourceId, StoredObject } from '@shiplog/contracts';
import type { WatchEvent } from '../../rest/watch-encoder';

/** What happened to one object: what a watch is made from. At least one of before and after is there. */
export interface Change {
  readonly resource: ResourceId;
  /** Of the event that made it. */
  readonly position: number;
  readonly before?: StoredObject;
  readonly after?: StoredObject;
  /** Made from a signal, which has no position of its own: `position` is the log's at that time. */
  readonly fromSignal?: true;
}

/**
 * What a change is to a watcher who sees only what `chosen` chooses: an object that comes to be chosen is ADDED, one
 * that no longer is is DELETED (shown as it last was); undefined when the watcher never sees it.
 */
export function transitionOf(change: Change, chosen: (object: StoredObject) => boolean): WatchEvent | undefined {
  const { before, after } = change;
  const sawBefore = before !== undefined && chosen(before);
  const seesAfter = after !== undefined && chosen(after);
  if (seesAfter) return { type: sawBefore ? 'MODIFIED' : 'ADDED', object: after };
  return sawBefore ? { type: 'DELETED', object: lastSeen(change, before) } : undefined;
}

const gone = new WeakMap<Change, StoredObject>();

/** The object as it last was, with the version at which it went. */
function lastSeen(change: Change, before: StoredObject): StoredObject {
  const known = gone.get(change);
  if (known !== undefined) return known;
  const object = { ...before, metadata: { ...before.metadata, resourceVersion: String(change.position) } };
  gone.set(change, object);
  return object;
}
