import type { Bus } from '@shiplog/bus';
import { ClusterState } from '@shiplog/cluster';
import { StatusError, EventsQuery, type ResourceId } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import { throwStatus } from '../../rest/errors';
import type { HistoricalReads } from '../../cache/historical-reads';
import type { Change } from '../../cache/window/change';

const PAGE = 1_000;

/** Changes after a position, in pages; each is of everything up to its position. */
type Pages = AsyncGenerator<{ changes: Change[]; position: number }>;

/**
 * The changes of a resource after a position that has left the window, read from the journal and folded again, in pages,
 * up to the present. 410 when the journal no longer has them.
 */
export function changesFromJournal(bus: Bus, historical: HistoricalReads, resource: ResourceId, after: number): Pages {
  return withExpiry(pagesFromJournal(bus, historical, resource, after), after);
}

/** As they are; a 410 says of which version, as watches say it. */
export async function* withExpiry(pages: Pages, after: number): Pages {
  try {
    yield* pages;
  } catch (error) {
    if (error instanceof StatusError && error.status.code === 410) {
      throwStatus(statusOf.expired(`too old resource version: ${after}`));
    }
    throw error;
  }
}

async function* pagesFromJournal(bus: Bus, historical: HistoricalReads, resource: ResourceId, after: number): Pages {
  const state = new ClusterState();
  for (const object of await historical.at(resource, '', after)) state.put(resource, object);
  let position = after;
  for (;;) {
    const page = await bus.ask(EventsQuery, { channels: [{ resource }], after: position, limit: PAGE });
    const changes = page.events.map((event): Change => {
      const applied = state.apply(event);
      return { resource, position: event.position, before: applied.before, after: applied.after };
    });
    position = page.position;
    yield { changes, position };
    if (!page.more) return;
  }
}
