import { eventsIn } from '../../rest/watch-encoder';
import type { Admitted } from '../gateway';
import type { RequestMetrics } from './request-metrics';

/**
 * Has the stream that answers a request counted while it goes on, and its events as they are sent. What goes on for long takes seats
 * only until it has begun.
 * @param code the HTTP status of its answer
 */
export async function countedStream(
  { series, verb, begun, leave }: Admitted,
  metrics: RequestMetrics,
  code: number,
  send: (sent: (chunk: Buffer) => void) => Promise<void>,
): Promise<void> {
  leave();
  series.running += 1;
  try {
    await send(verb === 'watch' ? (chunk) => metrics.watched(series, eventsIn(chunk)) : nothing);
  } finally {
    series.running -= 1;
    series.ended(code, (performance.now() - begun) / 1_000, 0);
  }
}

const nothing = (): void => undefined;
