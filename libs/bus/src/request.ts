import { setTimeout as delay } from 'node:timers/promises';
import type { Msg, NatsConnection } from 'nats';
import { BusUnavailable } from './errors';

/** An attempt that nobody answers is repeated after this long: an answer may have died with the one who owed it. */
const ATTEMPT_MS = 1_000;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;

/**
 * A request that is repeated until it is answered or the deadline (epoch milliseconds) has passed; so the other side
 * must take a repetition for what it is: commands carry ids, queries change nothing.
 */
export async function requestUntil(
  connection: NatsConnection,
  subject: string,
  payload: Uint8Array,
  deadline: number,
): Promise<Msg> {
  const started = Date.now();
  let pause = FIRST_PAUSE_MS;
  let last = 'nobody listens';
  for (;;) {
    const left = deadline - Date.now();
    if (left <= 0) throw new BusUnavailable(subject, Date.now() - started, last);
    try {
      return await connection.request(subject, payload, { timeout: Math.min(ATTEMPT_MS, left) });
    } catch (error) {
      last = describe(error);
      if (isPermanent(error)) throw error;
    }
    const rest = deadline - Date.now();
    if (rest > 0) await delay(Math.min(pause, rest));
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

function describe(error: unknown): string {
  switch (codeOf(error)) {
    case '503':
      return 'nobody listens';
    case 'TIMEOUT':
      return 'no answer';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

/** A repetition can't help: too large, or the connection was closed for good. */
function isPermanent(error: unknown): boolean {
  return [
    'MAX_PAYLOAD_EXCEEDED',
    'CONNECTION_CLOSED',
    'CONNECTION_DRAINING',
    'BAD_SUBJECT',
    'PERMISSIONS_VIOLATION',
  ].includes(codeOf(error));
}
