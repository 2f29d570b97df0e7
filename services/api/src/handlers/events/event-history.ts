import { Inject, Injectable } from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import { ClusterState, type AppliedEvent } from '@shiplog/cluster';
import { EventsQuery, type LogEvent } from '@shiplog/contracts';
import { BUS } from '@shiplog/service';
import type { Change } from '../../cache/window/change';
import { DerivedEvents, readFrom, SOURCES } from './domain/derived-events';
import { TOLD } from './render/event-lines';

const CHANNELS = SOURCES.map((resource) => ({ resource }));
/** What lines are about, and what clients have written: of these the objects count, not just what happened. */
const HELD = [...TOLD, 'events' as const].map((resource) => ({ resource }));
const PAGE = 1_000;

/** The Events that are made from the log at some position, and the objects that the next ones are made of. */
interface Fold {
  readonly state: ClusterState;
  readonly derived: DerivedEvents;
}

/** Reads the log back for the Events of a past position. What it asks for throws 410 where that is no longer kept. */
@Injectable()
export class EventHistory {
  constructor(@Inject(BUS) private readonly bus: Pick<Bus, 'ask' | 'state'>) {}

  /** The Events that there were at a position. */
  async at(position: number): Promise<DerivedEvents> {
    return (await this.#foldTo(position)).derived;
  }

  /** The changes of Events, written and made, after a position, in pages, up to the present. */
  async *changesAfter(after: number): AsyncGenerator<{ changes: Change[]; position: number }> {
    const fold = await this.#foldTo(after);
    for (let position = after; ;) {
      const page = await this.bus.ask(EventsQuery, { channels: CHANNELS, after: position, limit: PAGE });
      const changes = page.events.flatMap((event) => changesOf(fold, event));
      position = page.position;
      yield { changes, position };
      if (!page.more) return;
    }
  }

  async #foldTo(position: number): Promise<Fold> {
    const from = readFrom(position);
    const fold: Fold = { state: new ClusterState(), derived: new DerivedEvents() };
    if (from > 0) {
      for await (const chunk of this.bus.state({ channels: HELD, at: from })) {
        for (const { resource, object } of chunk.objects) fold.state.put(resource, object);
      }
    }
    for (let after = from; after < position;) {
      const ask = { channels: CHANNELS, after, upTo: position, limit: PAGE };
      const page = await this.bus.ask(EventsQuery, ask);
      for (const event of page.events) fold.derived.apply(applied(fold.state, event));
      if (!page.more) break;
      after = page.position;
    }
    return fold;
  }
}

function applied(state: ClusterState, event: LogEvent): AppliedEvent {
  return HELD.some(({ resource }) => resource === event.resource) ? state.apply(event) : { event };
}

function changesOf({ state, derived }: Fold, event: LogEvent): Change[] {
  const { before, after } = applied(state, event);
  const { changes, replaced } = derived.apply({ event, before, after });
  if (event.resource !== 'events') return [...changes];
  const old = before ?? replaced;
  if (old === undefined && after === undefined) return [...changes];
  return [{ resource: 'events', position: event.position, before: old, after }, ...changes];
}
