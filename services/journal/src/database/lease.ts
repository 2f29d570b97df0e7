import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import type { Logger } from 'pino';
import { connectClient } from './client';

/** The advisory lock that the active journal's session holds; Postgres frees it the moment that session dies. */
const LOCK: readonly [number, number] = [0x5348, 1];

export interface LeaseOptions {
  databaseUrl: string;
  holder: string;
  ttlMs: number;
  logger: Logger;
}

/**
 * The right to write: an epoch that no other journal has. Two things guard it. A session lock, so that a standby takes
 * over at once when the active one dies; and an expiry that the holder renews, so that one that hangs can be deposed.
 * What keeps a deposed writer from committing is neither of them, but the epoch that each append checks.
 */
export class Lease {
  readonly #timer: NodeJS.Timeout;
  readonly #lost: Promise<string>;
  #lose: (why: string) => void = () => undefined;
  #renewedAt = performance.now();
  #renewing = false;

  private constructor(
    readonly epoch: number,
    private readonly session: Client,
    private readonly options: LeaseOptions,
  ) {
    this.#lost = new Promise((resolve) => (this.#lose = resolve));
    session.once('end', () => this.#lose('the session that holds the lock ended'));
    this.#timer = setInterval(() => void this.#renew(), options.ttlMs / 3);
  }

  /** Waits, as a standby, until the lock is free; then begins a new epoch. Throws when Postgres goes away or `signal` aborts. */
  static async acquire(options: LeaseOptions, signal: AbortSignal): Promise<Lease> {
    const { databaseUrl, logger } = options;
    const session = await connectClient(databaseUrl, 'lease', (error) => logger.debug({ err: error }, 'lease session'));
    const stop = (): void => void session.end();
    signal.addEventListener('abort', stop, { once: true });
    const watch = new AbortController();
    try {
      await session.query('set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3');
      void deposeTheHung(options, watch.signal);
      await session.query('select pg_advisory_lock($1, $2)', [...LOCK]);
      return new Lease(await beginEpoch(session, options), session, options);
    } catch (error) {
      await session.end();
      throw error;
    } finally {
      watch.abort();
      signal.removeEventListener('abort', stop);
    }
  }

  /** Resolves, with the reason, when the lease is no longer held. */
  get lost(): Promise<string> {
    return this.#lost;
  }

  /** Gives the lease up: a standby has it a moment later. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.session.end();
  }

  async #renew(): Promise<void> {
    if (performance.now() - this.#renewedAt > this.options.ttlMs) this.#lose('the lease could not be renewed in time');
    if (this.#renewing) return;
    this.#renewing = true;
    try {
      // A renewal that a crash of Postgres undoes does no harm: no need to wait for the disk.
      await this.session.query('set synchronous_commit = off');
      const renewed = await this.session.query(
        `update lease set expires_at = now() + $2 * interval '1 millisecond' where epoch = $1`,
        [this.epoch, this.options.ttlMs],
      );
      if (renewed.rowCount === 0) this.#lose('another journal has begun a new epoch');
      this.#renewedAt = performance.now();
    } catch (error) {
      this.#lose(`the lease could not be renewed: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      this.#renewing = false;
    }
  }
}

async function beginEpoch(session: Client, { holder, ttlMs }: LeaseOptions): Promise<number> {
  const result = await session.query<{ epoch: string }>(
    `update lease set epoch = epoch + 1, holder = $1, expires_at = now() + $2 * interval '1 millisecond'
      returning epoch`,
    [holder, ttlMs],
  );
  return Number(result.rows[0]?.epoch);
}

const EXPIRED_HOLDER = `
select l.pid, lease.epoch, lease.holder
  from pg_locks l, lease
 where l.locktype = 'advisory' and l.classid = $1 and l.objid = $2 and l.granted
   and l.database = (select oid from pg_database where datname = current_database())
   and lease.expires_at < now()`;

/** While a standby waits: ends the session of a holder that let its lease expire, seen so twice, a moment apart. */
async function deposeTheHung({ databaseUrl, ttlMs, logger }: LeaseOptions, signal: AbortSignal): Promise<void> {
  const client = await connectClient(databaseUrl, 'standby', (error) => logger.debug({ err: error }, 'standby'));
  let suspect: string | undefined;
  try {
    while (!signal.aborted) {
      await delay(Math.min(1_000, ttlMs / 4), undefined, { signal });
      const { rows } = await client.query<{ pid: number; epoch: string; holder: string }>(EXPIRED_HOLDER, [...LOCK]);
      const seen = rows[0] === undefined ? undefined : `${rows[0].pid}/${rows[0].epoch}`;
      if (rows[0] !== undefined && seen === suspect) {
        logger.warn(rows[0], 'the active journal let its lease expire; deposing it');
        await client.query('select pg_terminate_backend($1)', [rows[0].pid]);
      }
      suspect = seen;
    }
  } catch (error) {
    if (!signal.aborted) logger.warn({ err: error }, 'the lease of the active journal could not be watched');
  } finally {
    await client.end();
  }
}
