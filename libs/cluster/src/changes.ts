import type { Change, Changes, ItemChange, ListChange } from '@shiplog/contracts';
import { copyToExtend, copyWithout, isJsonObject, ownField, sameJson, setField } from '@shiplog/apimachinery';

type Json = Record<string, unknown>;

/** Changes that can't be made of the value that they came to: they are another object's, or of another moment. */
export class ChangeMismatch extends Error {
  override name = 'ChangeMismatch';
}

/**
 * The object with changes made; neither argument is changed. Fields keep their order, new ones come last.
 * @throws ChangeMismatch where an item changes that is not there
 */
export function withChanges(target: unknown, changes: Changes): Json {
  const names = Object.keys(changes);
  if (names.length === 0 && isJsonObject(target)) return target;
  const result = isJsonObject(target) ? copyToChange(target, changes, names) : {};
  for (const name of names) {
    const change = changes[name] as Change;
    if ('set' in change) setField(result, name, change.set);
    else if ('in' in change) setField(result, name, withChanges(ownField(result, name), change.in));
    else if ('items' in change) setField(result, name, withItems(ownField(result, name), change));
  }
  return result;
}

/** Without what is unset, and with room for what is new. */
function copyToChange(target: Json, changes: Changes, names: readonly string[]): Json {
  const isUnset = (name: string): boolean => {
    const change = ownField(changes, name);
    return change !== undefined && 'unset' in (change as Change);
  };
  if (names.some(isUnset)) return copyWithout(target, isUnset);
  return names.every((name) => Object.hasOwn(target, name)) ? { ...target } : copyToExtend(target);
}

function withItems(target: unknown, { by, items }: ListChange): unknown[] {
  if (!Array.isArray(target)) throw new ChangeMismatch('changes items where there is no list');
  const list: unknown[] = [...(target as unknown[])];
  for (const item of items) {
    if (!('key' in item)) {
      list.push(item.set);
      continue;
    }
    const at = list.findIndex((known) => hasKey(known, by, item.key));
    if (at < 0) throw new ChangeMismatch(`changes the item with ${by.join()} ${item.key.join()}, which is not there`);
    if ('in' in item) list[at] = withChanges(list[at], item.in);
    else list.splice(at, 1);
  }
  return list;
}

function hasKey(item: unknown, by: readonly string[], key: readonly unknown[]): boolean {
  return isJsonObject(item) && by.every((field, i) => sameJson(ownField(item, field) ?? null, key[i]));
}

/** What leads from one object to the other; undefined when they are the same. A field that is undefined is none. */
export function changesBetween(before: Json, after: Json): Changes | undefined {
  const changes: Changes = {};
  let differs = false;
  const note = (name: string, change: Change): void => {
    setField(changes, name, change);
    differs = true;
  };
  for (const name of Object.keys(after)) {
    const from = ownField(before, name);
    const to = after[name];
    if (to === undefined || from === to) continue;
    if (isJsonObject(from) && isJsonObject(to)) {
      const inner = changesBetween(from, to);
      if (inner !== undefined) note(name, { in: inner });
    } else if (!sameJson(from, to)) {
      note(name, listChange(from, to) ?? { set: to });
    }
  }
  for (const name of Object.keys(before)) {
    if (before[name] !== undefined && ownField(after, name) === undefined) note(name, { unset: true });
  }
  return differs ? changes : undefined;
}

/**
 * What tells items of a list apart, the first that does in both lists: a name, a condition's type, an address, an object's
 * uid, all addresses of an endpoint; of managed fields, their manager and what it does.
 */
export const LIST_KEYS: readonly (readonly string[])[] = [
  ['name'],
  ['type'],
  ['ip'],
  ['uid'],
  ['addresses'],
  ['manager', 'operation', 'apiVersion', 'subresource'],
];

/**
 * What becomes of single items, where items can be told apart and those that stay have kept their order, with new ones
 * behind them; undefined where the whole list has to be said.
 */
function listChange(before: unknown, after: unknown): ListChange | undefined {
  if (!Array.isArray(before) || !Array.isArray(after) || before.length === 0 || after.length === 0) return undefined;
  for (const by of LIST_KEYS) {
    const was = byKey(before, by);
    const is = was === undefined ? undefined : byKey(after, by);
    if (was !== undefined && is !== undefined) return itemChanges(by, was, is);
  }
  return undefined;
}

type Keyed = ReadonlyMap<string, Json>;

function itemChanges(by: readonly string[], before: Keyed, after: Keyed): ListChange | undefined {
  const gone = [...before].filter(([key]) => !after.has(key));
  const stayed = [...before.keys()].filter((key) => after.has(key));
  // Nothing of the list is left, or its order is not that of before.
  if (stayed.length === 0 || [...after.keys()].slice(0, stayed.length).some((key, i) => key !== stayed[i]))
    return undefined;
  const keyOf = (item: Json): unknown[] => by.map((field) => ownField(item, field) ?? null);
  const items: ItemChange[] = gone.map(([, item]) => ({ key: keyOf(item), unset: true }));
  for (const [key, item] of after) {
    const was = before.get(key);
    if (was === undefined) items.push({ set: item });
    else if (was !== item) {
      const inner = changesBetween(was, item);
      if (inner !== undefined) items.push({ key: keyOf(was), in: inner });
    }
  }
  return { by: [...by], items };
}

/** The items by what tells them apart, in their order; undefined where it does not. */
function byKey(list: readonly unknown[], by: readonly string[]): Keyed | undefined {
  const items = new Map<string, Json>();
  for (const item of list) {
    const key = isJsonObject(item) ? textOfKey(item, by) : undefined;
    if (key === undefined) return undefined;
    items.set(key, item as Json);
  }
  return items.size === list.length ? items : undefined;
}

/** Of several fields the first is always there; a value that is neither text nor texts tells nothing apart. */
function textOfKey(item: Json, by: readonly string[]): string | undefined {
  const values = by.map((field) => ownField(item, field) ?? null);
  const [first] = values;
  if (!isTextual(first) || !values.every((value) => value === null || isTextual(value))) return undefined;
  return by.length === 1 && typeof first === 'string' ? first : JSON.stringify(values);
}

function isTextual(value: unknown): boolean {
  return typeof value === 'string' || (Array.isArray(value) && value.every((item) => typeof item === 'string'));
}
