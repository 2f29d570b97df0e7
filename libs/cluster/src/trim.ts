import type { Change, Changes, FieldMask, ItemChange, ListChange } from '@shiplog/contracts';
import { isJsonObject, ownField, setField } from '@shiplog/apimachinery';
import { ChangeMismatch, LIST_KEYS } from './changes';

type Json = Record<string, unknown>;

/** What tells items apart is kept of each: a change of a list names its items by that. */
const ITEM_KEYS: ReadonlySet<string> = new Set(LIST_KEYS.flat());
const WHOLE: FieldMask = {};
/** What tells conditions apart. */
const TYPE = 'type';

/** The value without what the mask does not keep; fields and items stay in their order. */
export function trim(value: unknown, mask: FieldMask): unknown {
  return trimmed(value, mask, false);
}

/**
 * Changes as they are to be made of what was trimmed: `trim(withChanges(o, c), m)` is
 * `withChanges(trim(o, m), trimChanges(c, m))`.
 *
 * @throws ChangeMismatch where items of a list of conditions are told apart by something else than their type
 */
export function trimChanges(changes: Changes, mask: FieldMask): Changes {
  return trimmedChanges(changes, mask, false);
}

function trimmed(value: unknown, mask: FieldMask, isItem: boolean): unknown {
  if (mask.fields === undefined && mask.only === undefined) return value;
  if (Array.isArray(value)) {
    const kept = mask.only === undefined ? value : value.filter((item) => isSelected(item, mask));
    return kept.map((item) => trimmed(item, mask, true));
  }
  if (!isJsonObject(value)) return value;
  const result: Json = {};
  for (const name of Object.keys(value)) {
    const inner = maskOf(name, mask, isItem);
    if (inner !== undefined) setField(result, name, trimmed(value[name], inner, false));
  }
  return result;
}

function trimmedChanges(changes: Changes, mask: FieldMask, isItem: boolean): Changes {
  if (mask.fields === undefined) return changes;
  const result: Changes = {};
  for (const name of Object.keys(changes)) {
    const inner = maskOf(name, mask, isItem);
    if (inner === undefined) continue;
    const change = trimmedChange(changes[name] as Change, inner);
    if (change !== undefined) setField(result, name, change);
  }
  return result;
}

function trimmedChange(change: Change, mask: FieldMask): Change | undefined {
  if ('set' in change) return { set: trim(change.set, mask) };
  // Also when nothing of it is kept: it may be what the object that it is in comes from.
  if ('in' in change) return { in: trimmedChanges(change.in, mask, false) };
  return 'items' in change ? trimmedItems(change, mask) : change;
}

/** Undefined where no item that is kept changes. */
function trimmedItems({ by, items }: ListChange, mask: FieldMask): ListChange | undefined {
  if (mask.only !== undefined && by.join() !== TYPE)
    throw new ChangeMismatch(`conditions are told apart by ${by.join()}`);
  const kept = items.flatMap((item): ItemChange[] => {
    if (!('key' in item)) return isSelected(item.set, mask) ? [{ set: trimmed(item.set, mask, true) }] : [];
    if (mask.only?.includes(item.key[0] as string) === false) return [];
    if (!('in' in item)) return [item];
    const inner = trimmedChanges(item.in, mask, true);
    return Object.keys(inner).length === 0 ? [] : [{ key: item.key, in: inner }];
  });
  return kept.length === 0 ? undefined : { by, items: kept };
}

function isSelected(item: unknown, { only }: FieldMask): boolean {
  return only === undefined || !isJsonObject(item) || only.includes(ownField(item, TYPE) as string);
}

/** What is kept of a field; undefined: nothing. */
function maskOf(name: string, { fields }: FieldMask, isItem: boolean): FieldMask | undefined {
  if (fields === undefined) return WHOLE;
  if (Object.hasOwn(fields, name)) return fields[name];
  return isItem && ITEM_KEYS.has(name) ? WHOLE : undefined;
}
