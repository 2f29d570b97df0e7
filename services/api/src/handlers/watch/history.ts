import type { Bus } from '@shiplog/bus';
import { ClusterState } from '@shiplog/cluster';
import { StatusError, EventsQuery, type ResourceId } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import { throwStatus } from '../../rest/errors';
import type { HistoricalReads } from '../../cache/historical-reads';
import type { Change } from '../../cache/window/change';

const PAGE = 1_000;

/**
 * The changes of a resource after a position that has left the window, read from the journal and folded again, in pages,
 * up to the present. 410 when the journal no longer has them.
 */
export async function* changesFromJournal(
  bus: Bus,
  historical: HistoricalReads,
  resource: ResourceId,
  after: number,
): AsyncGenerator<{ changes: Change[]; position: number }> {
  try {
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
  } catch (error) {
    if (error instanceof StatusError && error.status.code === 410) {
      throwStatus(statusOf.expired(`too old resource version: ${after}`));
    }
    throw error;
  }
}
