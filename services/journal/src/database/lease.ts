import type { Client } from 'pg';
import type { Logger } from 'pino';
import { LEASE_LOCK, LEASE_LOCKS } from './advisory-lock';
import { breakClient, connectClient, endClient, queryWithin } from './client';
import { watchHolder } from './lease-watch';

export interface LeaseOptions {
  databaseUrl: string;
  holder: string;
  ttlMs: number;
  logger: Logger;
}

/** The part of the time to live that the holder does not use: the clocks of two machines don't run at one rate. */
const DRIFT = 0.02;
const ANSWER_MS = 5_000;

/**
 * The right to write: an epoch that no other journal has. Two things guard it. A session lock, so that a standby takes
 * over at once when the active one dies; and an expiry that the holder renews, so that one that hangs can be deposed.
 * What keeps a deposed writer from committing is neither of them, but the epoch that each append checks; what keeps it
 * from answering is its own deadline, which is always before the expiry that others see.
 */
export class Lease {
  readonly #beat: NodeJS.Timeout;
  readonly #lost: Promise<string>;
  #resolveLost: (reason: string) => void = () => undefined;
  #isLost = false;
  #deadline = 0;
  #deadlineTimer: NodeJS.Timeout | undefined;
  #renewal: Promise<void> | undefined;

  private constructor(
    readonly epoch: number,
    /** How long, in milliseconds from the beginning of this epoch, the holder of the one before may believe in its own. */
    readonly predecessorMs: number,
    private readonly session: Client,
    private readonly options: LeaseOptions,
    begunAt: number,
  ) {
    this.#lost = new Promise((resolve) => (this.#resolveLost = resolve));
    session.once('end', () => this.#lose('the session that holds the lock ended'));
    this.#beat = setInterval(() => void (this.#renewal ??= this.#renew()), options.ttlMs / 3);
    this.#holdFrom(begunAt);
  }

  /**
   * Takes the lock, or waits for it as a standby; then begins a new epoch. Throws when Postgres goes away or `signal`
   * aborts.
   * @param prepare is awaited before this stands in line, where another journal is active
   */
  static async acquire(options: LeaseOptions, signal: AbortSignal, prepare: () => Promise<void>): Promise<Lease> {
    const { databaseUrl, logger } = options;
    const session = await connectClient(databaseUrl, 'lease', (error) => logger.debug({ err: error }, 'lease session'));
    const stop = (): void => breakClient(session);
    signal.addEventListener('abort', stop, { once: true });
    try {
      if (signal.aborted) throw new Error('stopped before there was a lease');
      const pid = await setUp(session);
      if (!(await isFree(session))) {
        await prepare();
        await standInLine(session, pid, options);
      }
      const begunAt = performance.now();
      const { epoch, predecessorMs } = await beginEpoch(session, options);
      // A renewal that a crash of Postgres undoes does no harm: no need to wait for the disk.
      await queryWithin(session, ANSWER_MS, 'set synchronous_commit = off');
      return new Lease(epoch, predecessorMs, session, options, begunAt);
    } catch (error) {
      await endClient(session);
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /**
   * Whether this journal may still speak and write. False from the deadline on, which counts from before the last renewal
   * was sent, by a clock that nobody sets; and once it is lost, for good.
   */
  holds(): boolean {
    return !this.#isLost && performance.now() < this.#deadline;
  }

  /** Asks Postgres, beginning now, whether this is the newest epoch, and renews it then. Answers whether it is held. */
  async confirm(): Promise<boolean> {
    await this.#renewal;
    if (!this.#isLost) await (this.#renewal ??= this.#renew());
    return this.holds();
  }

  /** Another journal says that it has begun an epoch. */
  supersede(epoch: number): void {
    if (epoch > this.epoch) this.#lose(`another journal has begun epoch ${epoch}`);
  }

  /** Resolves, with the reason, when the lease is no longer held. */
  get lost(): Promise<string> {
    return this.#lost;
  }

  /** Whether a standby stands in line: it has the state already, and waits. */
  async isAwaited(): Promise<boolean> {
    const waiting = `select from ${LEASE_LOCKS} and not l.granted`;
    return ((await queryWithin(this.session, ANSWER_MS, waiting, [...LEASE_LOCK])).rowCount ?? 0) > 0;
  }

  /** Gives the lease up: a standby has it a moment later. */
  async release(): Promise<void> {
    this.#lose('it was given up');
    await endClient(this.session);
  }

  #holdFrom(sentAt: number): void {
    if (this.#isLost) return;
    this.#deadline = sentAt + this.options.ttlMs * (1 - DRIFT);
    clearTimeout(this.#deadlineTimer);
    const left = Math.max(0, this.#deadline - performance.now());
    this.#deadlineTimer = setTimeout(() => this.#lose('the lease could not be renewed in time'), left);
  }

  #lose(reason: string): void {
    this.#isLost = true;
    clearInterval(this.#beat);
    clearTimeout(this.#deadlineTimer);
    this.#resolveLost(reason);
  }

  async #renew(): Promise<void> {
    const sentAt = performance.now();
    try {
      const renewed = await this.session.query(
        `update lease set expires_at = now() + $2 * interval '1 millisecond' where epoch = $1`,
        [this.epoch, this.options.ttlMs],
      );
      if (renewed.rowCount === 0) this.#lose('another journal has begun a new epoch');
      else this.#holdFrom(sentAt);
    } catch (error) {
      this.#lose(`the lease could not be renewed: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      this.#renewal = undefined;
    }
  }
}

/** So that Postgres notices when this journal is gone, also while its session only waits. Returns the session's pid. */
async function setUp(session: Client): Promise<number> {
  const settings = { tcp_keepalives_idle: 5, tcp_keepalives_interval: 2, tcp_keepalives_count: 3 };
  for (const [name, value] of Object.entries(settings)) await queryWithin(session, ANSWER_MS, `set ${name} = ${value}`);
  const checked = await queryWithin<{ pid: number }>(session, ANSWER_MS, OWN_PID);
  return checked.rows[0]?.pid ?? 0;
}

/** Postgres 13 has no client_connection_check_interval, and does without. */
const OWN_PID = `
select pg_backend_pid() as pid,
       (select set_config(name, '1s', false) from pg_settings where name = 'client_connection_check_interval')`;

async function isFree(session: Client): Promise<boolean> {
  const text = 'select pg_try_advisory_lock($1, $2) as free';
  return (await queryWithin<{ free: boolean }>(session, ANSWER_MS, text, [...LEASE_LOCK])).rows[0]?.free === true;
}

async function standInLine(session: Client, pid: number, options: LeaseOptions): Promise<void> {
  const watch = new AbortController();
  const inLine = session.query('select pg_advisory_lock($1, $2)', [...LEASE_LOCK]);
  void watchHolder(options, pid, () => breakClient(session), watch.signal);
  try {
    await inLine;
  } finally {
    watch.abort();
  }
}

/** Locked first: a renewal that is under way counts. */
const BEGIN_EPOCH = `
with before as materialized (select expires_at from lease for update)
update lease set epoch = epoch + 1, holder = $1, expires_at = now() + $2 * interval '1 millisecond' from before
returning epoch, greatest(0, extract(epoch from before.expires_at - now()) * 1000)::float8 as left_ms`;

async function beginEpoch(
  session: Client,
  { holder, ttlMs }: LeaseOptions,
): Promise<Pick<Lease, 'epoch' | 'predecessorMs'>> {
  const limit = Math.max(ANSWER_MS, ttlMs);
  const begun = await queryWithin<{ epoch: string; left_ms: number }>(session, limit, BEGIN_EPOCH, [holder, ttlMs]);
  const [row] = begun.rows;
  if (row === undefined) throw new Error('the table of the lease is empty: the schema is not whole');
  return { epoch: Number(row.epoch), predecessorMs: row.left_ms };
}
