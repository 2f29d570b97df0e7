import { setImmediate as turn } from 'node:timers/promises';
import type { Bus } from '@shiplog/bus';
import { FoldError, type ViewFold } from '@shiplog/cluster';
import {
  StatusError,
  EventsQuery,
  type Channel,
  type LogEvent,
  type ResourceId,
  type StoredObject,
} from '@shiplog/contracts';
import type { Cursor, Cursors } from './cursor';

/** Events refetched to close one gap; a longer gap is closed by loading the state anew. */
const REFETCH_LIMIT = 20_000;
const REFETCH_PAGE = 1_000;
/** Chunks taken in one go: a few milliseconds. A whole window of them may have come at once. */
const CHUNKS_AT_ONCE = 4;
/** What the journal says of a position that it no longer keeps. */
const GONE = 410;

/** The objects of channels at a position. */
export interface LoadedState {
  readonly position: number;
  /** Last position of each channel, by its name. */
  readonly lasts: Readonly<Record<string, number>>;
  readonly objects: ReadonlyMap<ResourceId, readonly StoredObject[]>;
}

/**
 * Throws BusUnavailable, StatusError, and an Error when the state is not whole or a deposed journal's.
 *
 * @param channels undefined: those of all resources
 */
export async function loadState(bus: Bus, channels: Channel[] | undefined, kept: ViewFold): Promise<LoadedState> {
  const objects = new Map<ResourceId, StoredObject[]>();
  let position = 0;
  let lasts: Readonly<Record<string, number>> | undefined;
  let taken = 0;
  for await (const chunk of bus.state({ channels })) {
    if (++taken % CHUNKS_AT_ONCE === 0) await turn();
    if (!bus.epochs.believes(chunk.epoch)) throw new Error('a journal answered that is not the active one any more');
    position = chunk.position;
    lasts = chunk.channels ?? lasts;
    for (const { resource, object: whole } of chunk.objects) {
      const object = kept.trim(resource, whole);
      const list = objects.get(resource);
      if (list === undefined) objects.set(resource, [object]);
      else list.push(object);
    }
  }
  if (lasts === undefined) throw new Error('the state ended without its last chunk');
  return { position, lasts, objects };
}

/**
 * Fetches what was missed in the channels of resources, of all of them in the order of the log, so that they are complete
 * up to one position at every moment. False when the gap is better closed by loading: too long, no longer kept, or with an
 * event that can't be folded into what is here.
 *
 * @param fold takes in an event; called once for each, in order
 */
export async function refetch(
  bus: Bus,
  cursors: Cursors,
  fold: (cursor: Cursor, event: LogEvent) => void,
): Promise<boolean> {
  const { ofResources } = cursors;
  const channels = cursors.isAll ? undefined : ofResources.map(({ channel }) => channel);
  const completeTo = (position: number): void => {
    for (const cursor of ofResources) cursor.reach(position);
  };
  let after = ofResources.reduce((least, { upTo }) => Math.min(least, upTo), Infinity);
  for (let fetched = 0; fetched < REFETCH_LIMIT; fetched += REFETCH_PAGE) {
    const page = await bus.ask(EventsQuery, { channels, after, limit: REFETCH_PAGE }).catch(unlessGone);
    if (page === undefined) return false;
    for (const event of page.events) {
      const cursor = cursors.of(event.resource, after);
      if (cursor !== undefined && event.position > cursor.last && !isFolded(() => fold(cursor, event))) return false;
      completeTo(event.position);
    }
    after = page.position;
    completeTo(after);
    if (!page.more) return true;
  }
  return false;
}

function isFolded(fold: () => void): boolean {
  try {
    fold();
    return true;
  } catch (error) {
    if (error instanceof FoldError) return false;
    throw error;
  }
}

function unlessGone(error: unknown): undefined {
  if (error instanceof StatusError && error.status.code === GONE) return undefined;
  throw error;
}
