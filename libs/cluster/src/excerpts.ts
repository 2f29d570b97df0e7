import {
  EXCERPT_NAMES,
  EXCERPTS,
  type Change,
  type Changes,
  type Channel,
  type EventData,
  type Fields,
  type LogEvent,
  type StoredObject,
  type ExcerptName,
  type ItemChange,
  type ListChange,
} from '@shiplog/contracts';
import { isJsonObject, ownField, setField } from '@shiplog/apimachinery';
import { LIST_KEYS } from './changes';
import { isDeletion } from './fold';

type Json = Record<string, unknown>;

/** An event on the channel of an excerpt. */
export interface ExcerptedEvent {
  readonly channel: Channel & { readonly excerpt: ExcerptName };
  readonly data: EventData;
}

/** The channels of all excerpts. */
export const EXCERPT_CHANNELS = EXCERPT_NAMES.map((excerpt) => ({ resource: EXCERPTS[excerpt].of, excerpt }));
const NONE: readonly never[] = [];
const CHANNELS_OF: ReadonlyMap<string, typeof EXCERPT_CHANNELS> = new Map(
  EXCERPT_CHANNELS.map((channel) => [
    channel.resource,
    EXCERPT_CHANNELS.filter(({ resource }) => resource === channel.resource),
  ]),
);

/** Whether an event can be one of an excerpt's channel: what it holds says then. */
export function hasExcerpts({ resource }: Pick<LogEvent, 'resource'>): boolean {
  return CHANNELS_OF.has(resource);
}

/** The channels of excerpts that an event is of, with what it is there. */
export function excerptsOf(event: Pick<LogEvent, 'resource' | 'fact' | 'data'>): readonly ExcerptedEvent[] {
  const channels = CHANNELS_OF.get(event.resource);
  if (channels === undefined) return NONE;
  return channels.flatMap((channel) => {
    const data = excerptedData(channel.excerpt, event);
    return data === undefined ? [] : [{ channel, data }];
  });
}

/**
 * What an event does to an excerpt; undefined when it touches none of its fields. The event alone says so, and folding what it
 * does to the excerpt comes to the excerpt of what the fold of the whole comes to: so a log can be read either way.
 */
export function excerptedData(
  excerpt: ExcerptName,
  { fact, data }: Pick<LogEvent, 'fact' | 'data'>,
): EventData | undefined {
  const { fields } = EXCERPTS[excerpt];
  if (isDeletion(fact)) return {};
  if (data.object !== undefined) return { object: picked(data.object, fields) as StoredObject | undefined };
  const changes = data.changes === undefined ? undefined : touched(data.changes, fields);
  return changes === undefined ? undefined : { changes };
}

/** Versions of an object are made anew, never changed: what an excerpt has of one is made once. */
const contents = new Map<ExcerptName, WeakMap<StoredObject, StoredObject>>(
  EXCERPT_NAMES.map((excerpt) => [excerpt, new WeakMap()]),
);

/** What an excerpt has of an object, without its version: that of the whole moves on when nothing of the excerpt does. */
export function contentOf(excerpt: ExcerptName, object: StoredObject): StoredObject {
  const known = contents.get(excerpt) as WeakMap<StoredObject, StoredObject>;
  let content = known.get(object);
  if (content === undefined)
    known.set(object, (content = (picked(object, EXCERPTS[excerpt].fields) ?? {}) as StoredObject));
  return content;
}

/** As the fold of an excerpt's channel has it: with a version. */
export function excerptOf(excerpt: ExcerptName, object: StoredObject): StoredObject {
  const content = contentOf(excerpt, object);
  const { resourceVersion } = object.metadata;
  return { ...content, metadata: { ...content.metadata, resourceVersion } };
}

/** What tells items apart is kept of each: a change of a list names its items by that. */
const ITEM_KEYS: Fields = Object.fromEntries(LIST_KEYS.flat().map((name) => [name, true] as const));
const itemFields = new WeakMap<Fields, Fields>();

/** The fields of a list's items. */
function ofItems(fields: Fields): Fields {
  let found = itemFields.get(fields);
  if (found === undefined) itemFields.set(fields, (found = { ...ITEM_KEYS, ...fields }));
  return found;
}

const namesOf = new WeakMap<Fields, readonly string[]>();

/** The fields' names: each event of the resource is looked at by them. */
function namesIn(fields: Fields): readonly string[] {
  let names = namesOf.get(fields);
  if (names === undefined) namesOf.set(fields, (names = Object.keys(fields)));
  return names;
}

/**
 * In the order of the fields; an object of which nothing is wanted is left out, whether it is there or not, and an item of a
 * list is empty then.
 */
function picked(value: unknown, fields: Fields): unknown {
  if (Array.isArray(value)) return value.map((item) => pickedItem(item, fields));
  if (!isJsonObject(value)) return undefined;
  let found: Json | undefined;
  for (const name of namesIn(fields)) {
    const own = ownField(value, name);
    // Most of what may be there is not.
    if (own === undefined) continue;
    const within = fields[name] as true | Fields;
    const part = within === true ? own : picked(own, within);
    if (part !== undefined) setField((found ??= {}), name, part);
  }
  return found;
}

/** Also what is no object where one should be is one afterwards. */
function pickedItem(item: unknown, fields: Fields): unknown {
  return (Array.isArray(item) ? undefined : picked(item, ofItems(fields))) ?? {};
}

function touched(changes: Changes, fields: Fields): Changes | undefined {
  let found: Changes | undefined;
  for (const name of Object.keys(fields)) {
    const change = ownField(changes, name) as Change | undefined;
    const part = change === undefined ? undefined : touchedIn(change, fields[name] as true | Fields);
    if (part !== undefined) setField((found ??= {}), name, part);
  }
  return found;
}

function touchedIn(change: Change, within: true | Fields): Change | undefined {
  if (within === true || 'unset' in change) return change;
  if ('set' in change) {
    const set = picked(change.set, within);
    return set === undefined ? { unset: true } : { set };
  }
  if ('items' in change) return touchedItems(change, within);
  const changes = touched(change.in, within);
  return changes === undefined ? undefined : { in: changes };
}

/** Undefined where of no item anything changes that is wanted. */
function touchedItems({ by, items }: ListChange, within: Fields): ListChange | undefined {
  const found = items.flatMap((item): ItemChange[] => {
    if (!('key' in item)) return [{ set: pickedItem(item.set, within) }];
    if (!('in' in item)) return [item];
    const changes = touched(item.in, ofItems(within));
    return changes === undefined ? [] : [{ key: item.key, in: changes }];
  });
  return found.length === 0 ? undefined : { by, items: found };
}
