import type { Bus } from '@shiplog/bus';
import { EventsQuery, type LogEvent } from '@shiplog/contracts';

/** The log as the journal tells it, page by page, up to a position; throws its StatusError (410) for what is no longer kept. */
export async function* logOf(bus: Bus, after: number, upTo: number): AsyncGenerator<LogEvent> {
  for (let more = true; more && after < upTo;) {
    const page = await bus.ask(EventsQuery, { after, upTo });
    yield* page.events;
    ({ position: after, more } = page);
  }
}
