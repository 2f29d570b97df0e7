import { apiVersionOf, type StoredObject } from '@shiplog/contracts';
import { shownAs, type VersionedResource } from '@shiplog/apimachinery';
import { partialMetadata, tableOf, type IncludeObject } from '@shiplog/representation';
import type { View } from './negotiate';
import { bytesOf } from './object-bytes';

type WatchType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** One change as a watcher sees it. */
export interface WatchEvent {
  readonly type: WatchType;
  readonly object: StoredObject;
}

/** How watch events become bytes for one kind of client. */
export interface Encoder {
  /** Encoders of the same key make the same bytes of the same events. */
  readonly key: string;
  encode(events: readonly WatchEvent[]): Buffer;
  /** Tells the client how far it has seen; `initial` marks the end of the objects that were there at the start. */
  bookmark(position: number, initial: boolean): Buffer;
  /** Encodes what comes after the first event, where that differs: the columns of a Table are told once. */
  readonly rest?: Encoder;
}

/** How many events there are in bytes of an encoder, where it is not one. */
const counts = new WeakMap<Buffer, number>();

/** How many events there are in some bytes that an encoder made; each is sent to many watchers. */
export function eventsIn(bytes: Buffer): number {
  return counts.get(bytes) ?? 1;
}

function counted(bytes: Buffer, events: readonly WatchEvent[]): Buffer {
  if (events.length !== 1) counts.set(bytes, events.length);
  return bytes;
}

const INITIAL_END = 'k8s.io/initial-events-end';

export function encoderFor(
  resource: VersionedResource,
  view: View,
  include: IncludeObject,
  clock: () => number,
): Encoder {
  const { version } = resource;
  switch (view) {
    case 'object':
      return {
        key: `object ${apiVersionOf(version)}`,
        encode: (events) => linesOf(events, resource),
        bookmark: (position, initial) => line('BOOKMARK', bookmarkObject(resource, position, initial)),
      };
    case 'table':
      return tableEncoder(resource, include, clock);
    case 'metadata':
    case 'metadataList':
      return {
        key: 'metadata',
        encode: (events) => lines(events, (object) => partialMetadata(shownAs(resource, object))),
        bookmark: (position, initial) =>
          line('BOOKMARK', partialMetadata(bookmarkObject(resource, position, initial) as StoredObject)),
      };
  }
}

function tableEncoder(resource: VersionedResource, includeObject: IncludeObject, clock: () => number): Encoder {
  const encoder = (isFirst: boolean, rest?: Encoder): Encoder => {
    const table = (object: StoredObject, columns: boolean): unknown =>
      tableOf(resource, [object], {
        now: clock(),
        includeObject,
        metadata: { resourceVersion: object.metadata.resourceVersion },
        columns,
      });
    return {
      key: `table ${includeObject} ${apiVersionOf(resource.version)}${isFirst ? ' with columns' : ''}`,
      encode: (events) => lines(events, (object, index) => table(object, isFirst && index === 0)),
      bookmark: (position, initial) =>
        line('BOOKMARK', table(bookmarkObject(resource, position, initial) as StoredObject, isFirst)),
      ...(rest === undefined ? {} : { rest }),
    };
  };
  return encoder(true, encoder(false));
}

function bookmarkObject({ row, version }: VersionedResource, position: number, initial: boolean): unknown {
  return {
    kind: row.kind,
    apiVersion: apiVersionOf(version),
    metadata: {
      resourceVersion: String(position),
      creationTimestamp: null,
      ...(initial ? { annotations: { [INITIAL_END]: 'true' } } : {}),
    },
  };
}

function lines(events: readonly WatchEvent[], show: (object: StoredObject, index: number) => unknown): Buffer {
  const texts = events.map(({ type, object }, index) => `${JSON.stringify({ type, object: show(object, index) })}\n`);
  return counted(Buffer.from(texts.join('')), events);
}

/** One watch event as a line. */
export function line(type: string, object: unknown): Buffer {
  return Buffer.from(`${JSON.stringify({ type, object })}\n`);
}

const PREFIX: Readonly<Record<WatchType, Buffer>> = {
  ADDED: Buffer.from('{"type":"ADDED","object":'),
  MODIFIED: Buffer.from('{"type":"MODIFIED","object":'),
  DELETED: Buffer.from('{"type":"DELETED","object":'),
};
const SUFFIX = Buffer.from('}\n');

/** Watch events as lines of JSON, from the bytes that the objects already have. */
function linesOf(events: readonly WatchEvent[], resource: VersionedResource): Buffer {
  const parts: Buffer[] = [];
  for (const { type, object } of events) parts.push(PREFIX[type], bytesOf(resource, object), SUFFIX);
  return counted(Buffer.concat(parts), events);
}
