import { setTimeout as delay } from 'node:timers/promises';
import { keepRunning } from '@shiplog/wait';
import type { Client } from 'pg';
import { LEASE_LOCK, LEASE_LOCKS } from './advisory-lock';
import { connectClient, endClient, queryWithin } from './client';
import type { LeaseOptions } from './lease';

const BACK_OFF = { firstMs: 100, longestMs: 2_000 };
const LONGEST_BEAT_MS = 1_000;
const ANSWER_MS = 5_000;

const EXPIRED_HOLDER = `
select l.pid, lease.epoch, lease.holder from lease, ${LEASE_LOCKS} and l.granted and lease.expires_at < now()`;

const WAITING = `select from ${LEASE_LOCKS} and l.pid = $3`;

interface Holder {
  readonly pid: number;
  readonly epoch: string;
  readonly holder: string;
}

/**
 * While a standby waits for the lock: ends the session of a holder that let its lease expire, seen so twice, a moment
 * apart. When its own connection breaks it makes another, however long that takes. Never rejects.
 * @param pid of the standby's session
 * @param onForgotten Postgres no longer knows of the standby's session, which itself has not been told
 */
export async function watchHolder(
  options: LeaseOptions,
  pid: number,
  onForgotten: () => void,
  signal: AbortSignal,
): Promise<void> {
  const { databaseUrl, logger } = options;
  const connectAndWatch = async (well: () => void): Promise<void> => {
    const client = await connectClient(databaseUrl, 'standby', (error) => logger.debug({ err: error }, 'standby'));
    well();
    try {
      await watch(client, options, pid, onForgotten, signal);
    } finally {
      await endClient(client);
    }
  };
  await keepRunning(connectAndWatch, {
    backOff: BACK_OFF,
    signal,
    onError: (error, pauseMs) => logger.warn({ err: error, pauseMs }, 'the active journal could not be watched'),
  });
}

async function watch(
  client: Client,
  { ttlMs, logger }: LeaseOptions,
  pid: number,
  onForgotten: () => void,
  signal: AbortSignal,
): Promise<void> {
  let suspect: string | undefined;
  let missed = 0;
  while (!signal.aborted) {
    await delay(Math.min(LONGEST_BEAT_MS, ttlMs / 4), undefined, { signal });
    const { rows } = await queryWithin<Holder>(client, ANSWER_MS, EXPIRED_HOLDER, [...LEASE_LOCK]);
    const [holder] = rows;
    const seen = holder === undefined ? undefined : `${holder.pid}/${holder.epoch}`;
    if (holder !== undefined && seen === suspect && holder.pid !== pid) {
      logger.warn(holder, 'the active journal let its lease expire; deposing it');
      await queryWithin(client, ANSWER_MS, 'select pg_terminate_backend($1)', [holder.pid]);
    }
    suspect = seen;
    const own = await queryWithin(client, ANSWER_MS, WAITING, [...LEASE_LOCK, pid]);
    missed = own.rowCount === 0 ? missed + 1 : 0;
    if (missed > 1) return onForgotten();
  }
}
