import { Client } from 'pg';
import { broken, type Session, type Store } from './store';

/** What a statement of the lease does. The first whose text matches is meant. */
type Statement = (store: Store, session: Session, values: readonly unknown[]) => unknown;

const nothing = { rowCount: 0, rows: [] };
const item = (row: object): object => ({ rowCount: 1, rows: [row] });

const STATEMENTS: readonly (readonly [RegExp, Statement])[] = [
  [/^\s*(set|begin|commit|rollback|listen|unlisten)\b/i, () => nothing],
  [/^\s*select pg_advisory_lock\(/, () => item({})],
  [/^\s*select pg_backend_pid\(\) as pid/, (_, session) => item({ pid: pidOf(session) })],
  [/^\s*select pg_try_advisory_lock\(/, (store, session) => item({ free: store.tryLock(session) })],
  [
    /^\s*select pg_terminate_backend\(/,
    (store, _, [pid]) => {
      const doomed = [...store.sessions].find((session) => pidOf(session) === pid);
      if (doomed !== undefined) store.terminate(doomed, 'terminated by administrator command');
      return item({});
    },
  ],
  [
    /update lease\s+set epoch = epoch \+ 1/,
    (store, _, [holder, ttlMs]) => {
      const left = Math.max(0, store.expiresAt - store.world.time.now);
      store.epoch++;
      store.holder = String(holder);
      store.expiresAt = store.world.time.now + Number(ttlMs);
      return item({ epoch: String(store.epoch), left_ms: left });
    },
  ],
  [
    /update lease\s+set expires_at/,
    (store, _, [epoch, ttlMs]) => {
      if (Number(epoch) !== store.epoch) return nothing;
      store.expiresAt = store.world.time.now + Number(ttlMs);
      return item({});
    },
  ],
  [
    /^\s*select l\.pid, lease\.epoch, lease\.holder from lease, pg_locks l/,
    (store) => {
      const { lockHolder, epoch, holder } = store;
      if (lockHolder === undefined || store.expiresAt >= store.world.time.now) return nothing;
      return item({ pid: pidOf(lockHolder), epoch: String(epoch), holder });
    },
  ],
  [
    /^\s*select from pg_locks l[^]*and l\.pid = \$3/,
    (store, _, [, , pid]) =>
      countOf([store.lockHolder, ...store.waiting].filter((item) => item && pidOf(item) === pid)),
  ],
  [/^\s*select from pg_locks l[^]*and not l\.granted/, (store) => countOf(store.waiting)],
];

function countOf(rows: readonly unknown[]): object {
  return { rowCount: rows.length, rows: rows.map(() => ({})) };
}

const pids = new WeakMap<Session, number>();
let made = 0;
function pidOf(session: Session): number {
  const known = pids.get(session) ?? ++made;
  pids.set(session, known);
  return known;
}

/** As client.ts has it. */
const CONNECT_MS = 5_000;

function within<T>(milliseconds: number | undefined, answer: Promise<T>): Promise<T> {
  if (milliseconds === undefined) return answer;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('Query read timeout')), milliseconds);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * Has every `pg.Client` of this Node process speak with the simulated database; returns what undoes it. A statement that
 * the simulation does not know ends the run with its text: it has to be taught here.
 */
export function installPgClient(store: Store, unknown: (text: string) => void): () => void {
  const prototype = Client.prototype as unknown as Record<string, unknown>;
  const { connect, query, end } = prototype;
  const sessions = new WeakMap<Client, Session>();
  prototype['connect'] = async function (this: Client): Promise<void> {
    const process = store.world.current;
    if (process === undefined) throw new Error('no process connects');
    const session = store.open(process, (error) => {
      this.emit('error', error);
      this.emit('end');
    });
    sessions.set(this, session);
    Object.assign(this, { connection: { stream: { destroy: () => store.abandon(session) } } });
    const greeting = store.ask(session, () => {
      if (store.isAway) throw broken('the database is starting up');
    });
    await within(CONNECT_MS, greeting);
  };
  prototype['query'] = async function (
    this: Client,
    given: string | { text: string; values?: unknown[]; query_timeout?: number },
    more?: unknown[],
  ) {
    const { text, values = more ?? [], query_timeout: limit } = typeof given === 'string' ? { text: given } : given;
    const session = sessions.get(this);
    if (session === undefined) throw new Error('the client is not connected');
    const known = STATEMENTS.find(([pattern]) => pattern.test(text));
    if (known === undefined) unknown(text);
    if (/pg_advisory_lock\(/.test(text)) await store.lock(session);
    return within(
      limit,
      store.ask(session, () => known?.[1](store, session, values)),
    );
  };
  prototype['end'] = async function (this: Client): Promise<void> {
    const session = sessions.get(this);
    // Nobody answers: whoever waits for the end breaks it.
    if (session !== undefined && store.cutOffFor(session.process) > 0) return new Promise(() => undefined);
    if (session?.isOpen === true) {
      store.close(session);
      queueMicrotask(() => this.emit('end'));
    }
    await Promise.resolve();
  };
  return () => void Object.assign(prototype, { connect, query, end });
}
