import { Inject, Injectable } from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import type { ResourceId, StoredObject } from '@shiplog/contracts';
import { statusOf, type VersionedResource } from '@shiplog/apimachinery';
import { BUS, LOGGER } from '@shiplog/service';
import type { Logger } from 'pino';
import { JSON_TYPE, type Answer, type OutStream } from '../../rest/answer';
import { statusOfFailure } from '../../common/failures';
import { throwStatus } from '../../rest/errors';
import { negotiateStream } from '../../rest/negotiate';
import {
  flagParam,
  includeObjectOf,
  integerParam,
  selectionOf,
  versionAsked,
  type Query,
  type Selection,
} from '../../rest/options';
import { pastReadableSince } from '../../rest/access-request';
import { checkListOptions } from '../../rest/list-options';
import { storedResource, type ResourceRequest } from '../../rest/request';
import { ReadBarrier } from '../../cache/read-barrier';
import { ClusterCache } from '../../cache/cluster-cache';
import { Conversions } from '../conversion/conversions';
import { EventHistory } from '../events/event-history';
import { EphemeralState } from '../events/ephemeral-state';
import { chooser } from '../../rest/select';
import { HistoricalReads } from '../../cache/historical-reads';
import { Clock } from '../../common/clock';
import { WatchCache } from '../../cache/watch-cache';
import { transitionOf } from '../../cache/window/change';
import { encoderFor, line, type Encoder, type WatchEvent } from '../../rest/watch-encoder';
import { changesFromJournal, withExpiry } from './history';
import { WatchStream } from './watch-stream';

const BOOKMARK_MS = 60_000;
/** Without timeoutSeconds a watch ends after 30 to 60 minutes, so that clients spread over servers anew. */
const SHORTEST_MS = 30 * 60_000;
/** Objects shown at once at the start of a watch. */
const SLICE = 256;

/** Where a watch begins. */
type Start =
  /** With every object that is there, then what changes. */
  | { readonly kind: 'state'; readonly endMark: boolean }
  /** With what changes from now on. */
  | { readonly kind: 'now' }
  /** With what changed after a position. */
  | { readonly kind: 'after'; readonly position: number };

interface Watch {
  readonly shown: VersionedResource;
  readonly resource: ResourceId;
  readonly selection: Selection;
  readonly chosen: (object: StoredObject) => boolean;
  /** Of the next event. */
  encoder: Encoder;
  readonly start: Start;
  readonly bookmarks: boolean;
  readonly timeoutMs: number;
}

/** Answers watches. */
@Injectable()
export class WatchHandler {
  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly watchCache: WatchCache,
    private readonly cluster: ClusterCache,
    private readonly barrier: ReadBarrier,
    private readonly historical: HistoricalReads,
    private readonly ephemeral: EphemeralState,
    private readonly eventHistory: EventHistory,
    private readonly clock: Clock,
    private readonly conversions: Conversions,
  ) {}

  async open(request: ResourceRequest): Promise<Answer> {
    const resource = storedResource(request);
    const { query, target } = request;
    checkListOptions(query, true);
    const start = startOf(query);
    const since = start.kind === 'after' ? pastReadableSince(this.cluster.projection.state, request) : undefined;
    const selection = selectionOf(resource, target.namespace, query, { name: target.name, since });
    const view = negotiateStream(request.accept);
    const watch: Watch = {
      shown: resource,
      resource: resource.row.id,
      selection,
      chosen: chooser(selection),
      encoder: encoderFor(resource, view, includeObjectOf(query), () => this.clock.now()),
      start,
      bookmarks: flagParam(query, 'allowWatchBookmarks'),
      timeoutMs: timeoutOf(query),
    };
    await this.ephemeral.ready(watch.resource);
    if (watch.start.kind !== 'after') {
      const asked = versionAsked(query);
      await this.barrier.before(asked.at === 'exactly' ? { at: 'latest' } : asked);
    } else {
      // Fails before the answer begins where it can, so that the client sees a 503 and no broken stream.
      void this.cluster.projection;
    }
    return { kind: 'stream', code: 200, type: JSON_TYPE, content: 'events', write: (out) => this.#run(watch, out) };
  }

  async #run(watch: Watch, out: OutStream): Promise<void> {
    try {
      const after = await this.#showStart(watch, out);
      if (out.signal.aborted) return;
      await this.#follow(watch, after, out);
    } catch (error) {
      const status = statusOfFailure(error);
      if (status === undefined) throw error;
      out.write(line('ERROR', status));
    }
  }

  /** Shows what was there, or changed, before the watch began; answers the position from which it goes on. */
  #showStart(watch: Watch, out: OutStream): number | Promise<number> {
    switch (watch.start.kind) {
      case 'state':
        return this.#showState(watch, out);
      case 'now':
        return this.watchCache.position;
      case 'after':
        return this.#readUp(watch, watch.start.position, out);
    }
  }

  /** Shows what is there; answers the position at which it was so. */
  async #showState(watch: Watch, out: OutStream): Promise<number> {
    const { position } = this.watchCache;
    const objects = this.ephemeral.list(watch.resource, watch.selection.namespace).filter(watch.chosen);
    for (let from = 0; from < objects.length && !out.signal.aborted; from += SLICE) {
      const slice = objects.slice(from, from + SLICE);
      await this.conversions.prepare(watch.shown, slice);
      const events = slice.map((object): WatchEvent => ({ type: 'ADDED', object }));
      await send(watch, out, watch.encoder.encode(events));
    }
    if (watch.start.kind === 'state' && watch.start.endMark) {
      await send(watch, out, watch.encoder.bookmark(position, true));
    }
    return position;
  }

  /** Shows what has left the window already, from the journal; answers the position from which the window goes on. */
  async #readUp(watch: Watch, after: number, out: OutStream): Promise<number> {
    let position = after;
    const window = this.watchCache.window(watch.resource);
    while (window.placeAfter(position) === undefined && !out.signal.aborted) {
      for await (const page of this.#changesAfter(watch.resource, position)) {
        const events = page.changes
          .map((change) => transitionOf(change, watch.chosen))
          .filter((event) => event !== undefined);
        await this.conversions.prepare(
          watch.shown,
          events.map(({ object }) => object),
        );
        if (events.length > 0) await send(watch, out, watch.encoder.encode(events));
        position = page.position;
        if (out.signal.aborted) break;
      }
    }
    return position;
  }

  #changesAfter(resource: ResourceId, position: number): ReturnType<typeof changesFromJournal> {
    return resource === 'events'
      ? withExpiry(this.eventHistory.changesAfter(position), position)
      : changesFromJournal(this.bus, this.historical, resource, position);
  }

  /** Undefined where there is nothing to wait for, as nearly always. */
  #prepare(resource: VersionedResource, objects: readonly StoredObject[]): Promise<void> | undefined {
    if (this.conversions.unknown(resource, objects).length === 0) return undefined;
    return this.conversions.prepare(resource, objects);
  }

  /** Shows what comes, until the client leaves, its time is up, or the server stops. */
  #follow(watch: Watch, after: number, out: OutStream): Promise<void> {
    const { watchCache } = this;
    const window = watchCache.window(watch.resource);
    const place = window.placeAfter(after);
    if (place === undefined) throwStatus(statusOf.expired(`too old resource version: ${after} (${window.floor})`));
    const { resource, chosen, encoder, selection } = watch;
    const { slices } = watchCache;
    const failed = (error: unknown): void =>
      this.logger.error({ err: error, resource }, 'a change could not be shown; the watch ends');
    return new Promise((resolve) => {
      const over = (): void => end();
      const stream = new WatchStream(
        {
          resource,
          window,
          slices,
          out,
          encoder,
          chosen,
          selectionKey: selection.key,
          after,
          failed,
          over,
          prepare: (objects) => this.#prepare(watch.shown, objects),
        },
        place,
      );
      const stopListening = watchCache.listen(watch.resource, stream);
      const bookmark = (): void => stream.bookmark(watchCache.position);
      const bookmarks = watch.bookmarks ? setInterval(bookmark, BOOKMARK_MS) : undefined;
      const end = (): void => {
        clearInterval(bookmarks);
        clearTimeout(timeout);
        out.signal.removeEventListener('abort', end);
        stopListening();
        if (watch.bookmarks) bookmark();
        stream.end();
        resolve();
      };
      const timeout = setTimeout(end, watch.timeoutMs);
      out.signal.addEventListener('abort', end, { once: true });
      stream.catchUp();
      if (out.signal.aborted) end();
    });
  }
}

async function send(watch: Watch, out: OutStream, bytes: Buffer): Promise<void> {
  watch.encoder = watch.encoder.rest ?? watch.encoder;
  if (!out.write(bytes)) await out.drained();
}

function startOf(query: Query): Start {
  const asked = versionAsked(query);
  if (flagParam(query, 'sendInitialEvents')) {
    return { kind: 'state', endMark: flagParam(query, 'allowWatchBookmarks') };
  }
  if (query.sendInitialEvents !== undefined && asked.at !== 'notOlderThan') return { kind: 'now' };
  return asked.at === 'notOlderThan' ? { kind: 'after', position: asked.position } : { kind: 'state', endMark: false };
}

function timeoutOf(query: Query): number {
  const seconds = integerParam(query, 'timeoutSeconds');
  const spread = SHORTEST_MS * (1 + Math.random());
  if (seconds === undefined || seconds === 0) return spread;
  return Math.min(Math.max(0, seconds) * 1_000, 2 * SHORTEST_MS);
}
