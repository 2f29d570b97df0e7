import type { ObjectOf } from '@shiplog/contracts';
import { deletionOf } from '@shiplog/kube';
import type { Now, ReconcileResult } from '../../runtime/domain/controller';
import { timeOf } from '../../domain/pods';

type StoredEvent = ObjectOf<'events'>;

/** Deletions of one look at all of them; what is left has its turn at once after it. */
const AT_ONCE = 500;
const LEAST_WAIT_MS = 1_000;

/** All that the decision which Events have been told for long enough looks at. */
export interface EventsView {
  readonly events: readonly StoredEvent[];
  /** How long an Event stays after it was last told, in milliseconds. */
  readonly ttlMs: number;
  /** How long until it is looked again at the latest, in milliseconds. */
  readonly lookEveryMs: number;
  readonly now: Now;
}

/**
 * Removes the Events that were last told of so long ago. Kubernetes forgets an Event an hour after its last write (`--event-ttl` of its
 * API server); here, as anything else that happens, its end is in the log.
 */
export function decideEvents({ events, ttlMs, lookEveryMs, now }: EventsView): ReconcileResult {
  const over: StoredEvent[] = [];
  let next = lookEveryMs;
  for (const event of events) {
    const leftMs = lastToldMs(event, now.ms + ttlMs) + ttlMs - now.ms;
    if (leftMs > 0) next = Math.min(next, leftMs);
    else if (event.metadata.deletionTimestamp === undefined) over.push(event);
  }
  // An Event that is told again meanwhile is not the one that was seen.
  const commands = over.slice(0, AT_ONCE).map((event) => deletionOf('events', event, { asSeen: true }));
  return { commands, requeueAfterMs: Math.max(over.length > AT_ONCE ? 0 : next, LEAST_WAIT_MS) };
}

/**
 * When an Event was last told of, in milliseconds: by the older fields that count, or by the series of the newer ones. Clients write
 * them: a time later than the latest that can be meant does not keep an Event for ever.
 */
function lastToldMs({ metadata, lastTimestamp, eventTime, series }: StoredEvent, latestMs: number): number {
  const times = [metadata.creationTimestamp, lastTimestamp, eventTime, series?.lastObservedTime];
  return Math.max(0, ...times.map((time) => timeOf(time ?? undefined)).filter((ms) => ms <= latestMs));
}
