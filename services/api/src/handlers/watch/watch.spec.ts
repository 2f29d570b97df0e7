import { versioned } from '../../../../../libs/apimachinery/src/testing/objects';
import type { LogEvent, StoredObject } from '@shiplog/contracts';
import type { OutStream } from '../../rest/answer';
import { transitionOf, type Change } from '../../cache/window/change';
import { encoderFor } from '../../rest/watch-encoder';
import { WatchCache } from '../../cache/watch-cache';
import { EventWindow } from '../../cache/window/event-window';
import { lineOf, weightOf } from '../../rest/object-bytes';
import { WatchStream } from './watch-stream';

function pod(name: string, position: number, labels: Record<string, string> = {}): StoredObject {
  const metadata = {
    name,
    namespace: 'default',
    uid: name,
    resourceVersion: String(position),
    creationTimestamp: '',
    labels,
  };
  return { apiVersion: 'v1', kind: 'Pod', metadata };
}

const added = (position: number, name = `p${position}`): Change => ({
  resource: 'pods',
  position,
  after: pod(name, position),
});

/** A client that takes what it is sent, until it is told not to keep up. */
class Client implements OutStream {
  readonly lines: { type: string; object: StoredObject }[] = [];
  readonly chunks: Buffer[] = [];
  keepsUp = true;
  isOver = false;
  readonly signal = new AbortController().signal;
  #catchUp: (() => void)[] = [];

  write(chunk: Buffer): boolean {
    this.chunks.push(chunk);
    for (const text of chunk.toString().trimEnd().split('\n')) this.lines.push(JSON.parse(text) as Client['lines'][0]);
    return this.keepsUp;
  }
  drained(): Promise<void> {
    return new Promise((resolve) => this.#catchUp.push(resolve));
  }
  async drain(): Promise<void> {
    this.keepsUp = true;
    for (const wake of this.#catchUp.splice(0)) wake();
    await Promise.resolve();
    await Promise.resolve();
  }
  get seen(): string[] {
    return this.lines.map(
      ({ type, object }) => `${type} ${object.metadata?.name ?? ''}@${object.metadata?.resourceVersion ?? ''}`,
    );
  }
}

function watch(
  watchCache: WatchCache,
  after: number,
  client = new Client(),
  chosen: (object: StoredObject) => boolean = () => true,
): Client {
  const window = watchCache.window('pods');
  const encoder = encoderFor(versioned('pods'), 'object', 'Metadata', () => 0);
  const place = window.placeAfter(after);
  if (place === undefined) throw new Error('too old');
  const stream = new WatchStream(
    {
      ...{
        resource: 'pods',
        window,
        slices: watchCache.slices,
        out: client,
        encoder,
        chosen,
        selectionKey: String(chosen),
        after,
      },
      failed: () => undefined,
      over: () => (client.isOver = true),
    },
    place,
  );
  watchCache.listen('pods', stream);
  stream.catchUp();
  return client;
}

describe('transitionOf', () => {
  const isRed = (object: StoredObject): boolean => object.metadata.labels?.color === 'red';
  const red = (position: number): StoredObject => pod('p', position, { color: 'red' });
  const blue = (position: number): StoredObject => pod('p', position, { color: 'blue' });
  const seen = (before: StoredObject | undefined, after: StoredObject | undefined): string | undefined => {
    const event = transitionOf({ resource: 'pods', position: 9, before, after }, isRed);
    return (
      event && `${event.type} ${event.object.metadata.labels?.color ?? ''}@${event.object.metadata.resourceVersion}`
    );
  };

  it('shows what enters, changes in, and leaves a selection', () => {
    expect(seen(undefined, red(9))).toBe('ADDED red@9');
    expect(seen(red(5), red(9))).toBe('MODIFIED red@9');
    expect(seen(red(5), undefined)).toBe('DELETED red@9');
    expect(seen(blue(5), red(9))).toBe('ADDED red@9');
    expect(seen(red(5), blue(9))).toBe('DELETED red@9');
  });

  it('shows nothing of what was never in it', () => {
    expect(seen(undefined, blue(9))).toBeUndefined();
    expect(seen(blue(5), blue(9))).toBeUndefined();
    expect(seen(blue(5), undefined)).toBeUndefined();
  });
});

describe('EventWindow', () => {
  it('knows every change after its floor, and says when it does not', () => {
    const window = new EventWindow({ changes: 4, bytes: 1_000_000 }, 100);
    expect(window.placeAfter(99)).toBeUndefined();
    expect(window.placeAfter(100)).toBe(0);
    for (let position = 101; position <= 108; position++) window.push(added(position));
    expect(window.floor).toBe(104);
    expect(window.placeAfter(103)).toBeUndefined();
    expect(window.from(window.placeAfter(106) ?? 0, 10)?.map((change) => change.position)).toEqual([107, 108]);
    expect(window.from(0, 10)).toBeUndefined();
    expect(window.changedAfter(107)).toBe(true);
    expect(window.changedAfter(108)).toBe(false);
    expect(window.changedAfter(1)).toBeUndefined();
  });

  it('holds no more bytes than it may, but always the newest change', () => {
    const window = new EventWindow({ changes: 1_000, bytes: 100_000 }, 0);
    const large = (position: number, length: number): Change => ({
      resource: 'configmaps',
      position,
      after: { ...pod('a', position), data: { large: 'x'.repeat(length) } },
    });
    for (let position = 1; position <= 100; position++) {
      window.push(large(position, 20_000));
      expect(window.bytes).toBeLessThan(100_000);
      expect(window.placeAfter(position - 1)).toBe(position - 1);
    }
    // At least two of the five that have room.
    expect(window.floor).toBeLessThanOrEqual(98);
    expect(window.from(window.placeAfter(98) ?? 0, 10)).toHaveLength(2);
    window.push(large(101, 200_000));
    expect([window.floor, window.from(100, 10)?.length]).toEqual([100, 1]);
  });

  it('weighs objects about as their JSON does', () => {
    const object = { ...pod('a', 1), spec: { list: [1, 22, { deep: ['texts', 'and more'] }], flag: true } };
    const length = JSON.stringify(object).length;
    expect(Math.abs(weightOf(object) - length)).toBeLessThan(length / 4);
    const pods = versioned('pods');
    expect(weightOf(object)).not.toBe(lineOf(pods, object).length);
    expect(weightOf(object)).toBe(lineOf(pods, object).length);
  });

  it('finds an object as it was at a position that it has heard of', () => {
    const watchCache = new WatchCache({ watchWindow: 10, watchWindowBytes: 1_000_000 });
    const happened = (position: number, before: StoredObject | undefined, after: StoredObject): void =>
      watchCache.applied([{ event: { resource: 'pods', position } as LogEvent, before, after }]);
    happened(1, undefined, pod('a', 1));
    happened(2, undefined, pod('b', 2));
    happened(3, pod('a', 1), pod('a', 3));
    expect(watchCache.changeUpTo('pods', 'default', 'a', 2)?.after?.metadata.resourceVersion).toBe('1');
    expect(watchCache.changeUpTo('pods', 'default', 'a', 3)?.after?.metadata.resourceVersion).toBe('3');
    expect(watchCache.changeUpTo('pods', 'default', 'a', 4)).toBeUndefined();
    expect(watchCache.changeUpTo('pods', 'other', 'a', 3)).toBeUndefined();
  });
});

describe('WatchStream', () => {
  it('first sees what changed since its position, then what changes', () => {
    const watchCache = new WatchCache({ watchWindow: 10, watchWindowBytes: 1_000_000 });
    watchCache.publish('pods', [added(1), added(2)]);
    const client = watch(watchCache, 1);
    watchCache.publish('pods', [added(3)]);
    expect(client.seen).toEqual(['ADDED p2@2', 'ADDED p3@3']);
  });

  it('shares one piece of bytes with everyone who watches the same', () => {
    const watchCache = new WatchCache({ watchWindow: 10, watchWindowBytes: 1_000_000 });
    const clients = [watch(watchCache, 0), watch(watchCache, 0)];
    const everything = (): boolean => true;
    clients.push(watch(watchCache, 0, new Client(), everything));
    watchCache.publish('pods', [added(1), added(2)]);
    expect(clients[0]?.chunks[0]).toBe(clients[1]?.chunks[0]);
    expect(clients[2]?.seen).toEqual(clients[0]?.seen);
  });

  it('shares what was before with everyone who reads the same of it, for a moment', () => {
    jest.useFakeTimers();
    const watchCache = new WatchCache({ watchWindow: 200, watchWindowBytes: 1_000_000 });
    for (let position = 1; position <= 150; position++) watchCache.publish('pods', [added(position)]);
    const first = watch(watchCache, 0);
    const late = watch(watchCache, 100);
    const picky = watch(watchCache, 0, new Client(), ({ metadata }) => metadata.name === 'p7');
    expect([first.seen.length, late.seen.length, picky.seen]).toEqual([150, 50, ['ADDED p7@7']]);
    expect(late.chunks.at(-1)).toBe(first.chunks.at(-1));
    jest.advanceTimersByTime(1_000);
    expect(watch(watchCache, 0).chunks.at(-1)).not.toBe(first.chunks.at(-1));
    jest.useRealTimers();
  });

  it('waits for a position of the future without showing what is older', () => {
    const watchCache = new WatchCache({ watchWindow: 10, watchWindowBytes: 1_000_000 });
    const client = watch(watchCache, 5);
    watchCache.publish('pods', [added(4), added(5), added(6)]);
    watchCache.publish('pods', [added(7)]);
    expect(client.seen).toEqual(['ADDED p6@6', 'ADDED p7@7']);
  });

  it('is sent nothing while it is behind, and goes on from the window when it has caught up', async () => {
    const watchCache = new WatchCache({ watchWindow: 10, watchWindowBytes: 1_000_000 });
    const client = watch(watchCache, 0);
    client.keepsUp = false;
    watchCache.publish('pods', [added(1)]);
    watchCache.publish('pods', [added(2)]);
    watchCache.publish('pods', [added(3)]);
    expect(client.seen).toEqual(['ADDED p1@1']);
    await client.drain();
    watchCache.publish('pods', [added(4)]);
    expect(client.seen).toEqual(['ADDED p1@1', 'ADDED p2@2', 'ADDED p3@3', 'ADDED p4@4']);
  });

  it('is told to begin anew when the window has moved past it', async () => {
    const watchCache = new WatchCache({ watchWindow: 2, watchWindowBytes: 1_000_000 });
    const client = watch(watchCache, 0);
    client.keepsUp = false;
    for (let position = 1; position <= 8; position++) watchCache.publish('pods', [added(position)]);
    await client.drain();
    expect(client.isOver).toBe(true);
    expect(client.lines.at(-1)).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
  });

  it('is told to begin anew when changes were missed for good, and hears nothing after that', () => {
    const watchCache = new WatchCache({ watchWindow: 10, watchWindowBytes: 1_000_000 });
    const client = watch(watchCache, 0);
    watchCache.publish('pods', [added(1)]);
    watchCache.reloaded(9);
    watchCache.publish('pods', [added(10)]);
    expect(client.seen.slice(0, 1)).toEqual(['ADDED p1@1']);
    expect(client.lines.slice(1)).toMatchObject([{ type: 'ERROR', object: { code: 410, reason: 'Expired' } }]);
    expect(client.isOver).toBe(true);
    expect(watchCache.window('pods').placeAfter(8)).toBeUndefined();
    expect(watch(watchCache, 9).seen).toEqual(['ADDED p10@10']);
  });

  it('goes on after a log that was restored, and is shorter than the one before', () => {
    const watchCache = new WatchCache({ watchWindow: 10, watchWindowBytes: 1_000_000 });
    watchCache.publish('pods', [added(50)]);
    watchCache.reloaded(20);
    expect(watchCache.position).toBe(20);
    const client = watch(watchCache, 20);
    watchCache.publish('pods', [added(21)]);
    expect(client.seen).toEqual(['ADDED p21@21']);
  });

  it('shows an object that took the place of another one as the end of that and a beginning', () => {
    const watchCache = new WatchCache({ watchWindow: 10, watchWindowBytes: 1_000_000 });
    const client = watch(watchCache, 4);
    const old = pod('a', 3);
    const replacement: StoredObject = { ...pod('a', 7), metadata: { ...pod('a', 7).metadata, uid: 'another' } };
    const event = { resource: 'pods', position: 9 } as LogEvent;
    watchCache.applied([
      { event, before: old },
      { event, after: replacement },
    ]);
    expect(client.seen).toEqual(['DELETED a@9', 'ADDED a@7']);
    expect(client.lines.map(({ object }) => object.metadata.uid)).toEqual(['a', 'another']);
  });

  it('is ended by a defect in showing a change, and no other watcher with it', () => {
    const watchCache = new WatchCache({ watchWindow: 10, watchWindowBytes: 1_000_000 });
    const defective = watch(watchCache, 0, new Client(), () => {
      throw new Error('defect');
    });
    const sound = watch(watchCache, 0);
    watchCache.publish('pods', [added(1)]);
    watchCache.publish('pods', [added(2)]);
    expect(defective.lines).toMatchObject([{ type: 'ERROR', object: { code: 500, reason: 'InternalError' } }]);
    expect(defective.isOver).toBe(true);
    expect(sound.seen).toEqual(['ADDED p1@1', 'ADDED p2@2']);
  });

  it('hears changes made from signals, which have the position of the log', () => {
    const watchCache = new WatchCache({ watchWindow: 10, watchWindowBytes: 1_000_000 });
    watchCache.publish('pods', [added(1)]);
    const client = watch(watchCache, 1);
    watchCache.publish('pods', [{ ...added(1, 'noted'), fromSignal: true }]);
    expect(client.seen).toEqual(['ADDED noted@1']);
  });
});

describe('a watch of a table', () => {
  it('tells the columns with its first event only, also where others watch who know them', () => {
    const watchCache = new WatchCache({ watchWindow: 8, watchWindowBytes: 1_000_000 });
    watchCache.begin(0);
    const columnsOf = (client: Client) =>
      client.lines.map(
        ({ object }) => (object as unknown as { columnDefinitions: unknown }).columnDefinitions !== null,
      );
    const open = (client: Client): WatchStream => {
      const window = watchCache.window('pods');
      const encoder = encoderFor(versioned('pods'), 'table', 'Metadata', () => 0);
      const options = {
        ...{ resource: 'pods', window, slices: watchCache.slices, out: client, encoder, chosen: () => true },
        ...{ selectionKey: '', after: watchCache.position, failed: () => undefined, over: () => undefined },
      };
      const stream = new WatchStream(options, window.next);
      watchCache.listen('pods', stream);
      return stream;
    };
    const [early, late] = [new Client(), new Client()];
    open(early);
    watchCache.publish('pods', [added(1), added(2)]);
    open(late);
    watchCache.publish('pods', [added(3)]);
    watchCache.publish('pods', [added(4)]);
    expect(columnsOf(early)).toEqual([true, false, false, false]);
    expect(columnsOf(late)).toEqual([true, false]);
  });
});

describe('encoderFor', () => {
  it('sends bookmarks with the version alone, and marks the end of the initial objects', () => {
    const line = encoderFor(versioned('pods'), 'object', 'Metadata', () => 0)
      .bookmark(42, true)
      .toString();
    expect(JSON.parse(line)).toEqual({
      type: 'BOOKMARK',
      object: {
        kind: 'Pod',
        apiVersion: 'v1',
        metadata: {
          resourceVersion: '42',
          creationTimestamp: null,
          annotations: { 'k8s.io/initial-events-end': 'true' },
        },
      },
    });
  });

  it('sends rows to who watches as a table, and metadata to who wants no more', () => {
    const events = [{ type: 'ADDED', object: pod('a', 1) }] as const;
    const table = JSON.parse(
      encoderFor(versioned('pods'), 'table', 'None', () => 0)
        .encode(events)
        .toString(),
    ) as object;
    expect(table).toMatchObject({ type: 'ADDED', object: { kind: 'Table', rows: [{ object: null }] } });
    expect(table).toHaveProperty('object.columnDefinitions.0.name', 'Name');
    const metadata = JSON.parse(
      encoderFor(versioned('pods'), 'metadata', 'None', () => 0)
        .encode(events)
        .toString(),
    ) as object;
    expect(metadata).toMatchObject({ object: { kind: 'PartialObjectMetadata', metadata: { name: 'a' } } });
  });
});
