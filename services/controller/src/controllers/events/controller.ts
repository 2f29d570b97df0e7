import type { Controller } from '../../runtime/domain/controller';
import { decideEvents } from './decide';

/** One key: what is to go is found by looking at all Events at once. */
const ALL_EVENTS = 'events';
const LOOK_EVERY_MS = 60_000;

/** Removes Events some time after they were last told of. */
export function eventsController(ttlMs: number): Controller {
  const lookEveryMs = Math.min(LOOK_EVERY_MS, ttlMs);
  return {
    name: 'events',
    watches: {},
    allKeys: () => [ALL_EVENTS],
    reconcile: (_key, { state, now }) =>
      Promise.resolve(decideEvents({ events: state.list('events'), ttlMs, lookEveryMs, now })),
  };
}
