import { hash } from 'node:crypto';
import type { BuiltIn, FieldMask, ResourceId, StoredObject, View } from '@shiplog/contracts';
import { isJsonObject, ownField, setField } from '@shiplog/apimachinery';
import { ChangeMismatch } from './changes';
import { FoldError, foldObject, type FoldedEvent } from './fold';
import { Interner } from './interner';
import { SharedParts } from './shared-parts';
import { trim, trimChanges } from './trim';

type Json = Record<string, unknown>;

/** What a view keeps of a resource; undefined: whole objects. */
export function maskOf({ resources, others }: View, resource: ResourceId): FieldMask | undefined {
  const mask = Object.hasOwn(resources, resource) ? resources[resource as BuiltIn] : others;
  return mask?.fields === undefined ? undefined : mask;
}

/** Names a view together with what it keeps: two releases that keep different things don't compare them. */
export function viewId(view: View): string {
  return `${view.name}-${hash('sha256', JSON.stringify(view)).slice(0, 8)}`;
}

const WHOLE: View = { name: 'whole', resources: {} };

/** The fold of a view: what it keeps of the objects of the log, folded from what it keeps of the events. */
export class ViewFold {
  readonly #interner = new Interner();
  readonly #parts = new SharedParts();

  /** @param view default: whole objects */
  constructor(readonly view: View = WHOLE) {}

  /** What is kept of an object; it shares with others what is equal. */
  trim(resource: ResourceId, object: StoredObject): StoredObject {
    const mask = maskOf(this.view, resource);
    if (mask === undefined) return this.#parts.share(resource, object);
    return this.#share(mask, undefined, trim(object, mask)) as StoredObject;
  }

  /** Has an object that was folded, and seems to stay, share with others what is equal; of whole ones, the fold does not. */
  share(resource: ResourceId, object: StoredObject): void {
    if (maskOf(this.view, resource) === undefined) this.#parts.share(resource, object);
  }

  /** As `foldObject`, of what is kept. */
  readonly fold = (before: StoredObject | undefined, event: FoldedEvent): StoredObject | undefined => {
    const mask = maskOf(this.view, event.resource);
    if (mask === undefined) return foldObject(before, event);
    const after = foldObject(before, trimmedEvent(event, mask));
    return after === undefined ? undefined : (this.#share(mask, before, after) as StoredObject);
  };

  /** `after` is new wherever it is not what was there before, so that it can still be put together of what is shared. */
  #share(mask: FieldMask, before: unknown, after: unknown): unknown {
    if (after === before) return after;
    if (mask.shared === true) return this.#interner.of(after);
    if (mask.fields === undefined || !isJsonObject(after)) return after;
    for (const name of Object.keys(after)) {
      const inner = ownField(mask.fields, name) as FieldMask | undefined;
      if (inner === undefined) continue;
      const was = isJsonObject(before) ? ownField(before, name) : undefined;
      const is = after[name];
      const shared = this.#share(inner, was, is);
      if (shared !== is) setField(after as Json, name, shared);
    }
    return after;
  }
}

function trimmedEvent(event: FoldedEvent, mask: FieldMask): FoldedEvent {
  const { object, changes } = event.data;
  try {
    if (object !== undefined) return { ...event, data: { object: trim(object, mask) as StoredObject } };
    return changes === undefined ? event : { ...event, data: { changes: trimChanges(changes, mask) } };
  } catch (error) {
    if (error instanceof ChangeMismatch) throw new FoldError(event, error.message);
    throw error;
  }
}
