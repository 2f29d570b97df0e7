import type { Bus } from '@shiplog/bus';
import { inboxOf, ObjectQuery, PositionQuery, subjects } from '@shiplog/contracts';
import { eventually, ServiceProcess, TcpProxy } from '@shiplog/testing';
import { createInbox } from 'nats';
import { connectClient } from '../database/client';
import { createConfigMap, createNamespace, patchConfigMap } from '../testing/commands';
import { TestJournals, type TestJournal } from '../testing/journals';
import { ActiveLog } from './active-log';

const TTL_MS = 2_000;
const LATENCY_MS = 40;
const key = { resource: 'configmaps', namespace: 'default', name: 'counter' } as const;

let parts: TestJournals;
let proxy: TcpProxy;
let bus: Bus;

beforeAll(async () => {
  parts = await TestJournals.start();
  proxy = await TcpProxy.start({ host: '127.0.0.1', port: parts.postgres.port });
});

/** Another one for each log: it believes no epoch that is lower than one it has heard of. */
beforeEach(async () => {
  bus = await parts.nats.bus();
});

afterAll(async () => {
  await parts.stop();
  await proxy.stop();
});

const throughProxy = () => parts.databaseUrl.replace(`:${parts.postgres.port}/`, `:${proxy.port}/`);

/** Every answer that is heard, of whichever journal, to a question asked over and over. */
interface Heard {
  readonly at: number;
  readonly position: number;
}

/** Asks without end, each question of its own, and hears all who answer: two journals would both be heard. */
function askOnAndOn(): { heard: Heard[]; stop: () => void } {
  const heard: Heard[] = [];
  const reply = createInbox(inboxOf(bus.identity));
  const subscription = bus.connection.subscribe(reply, {
    callback: (_, message) => {
      const answer = message.data.length === 0 ? {} : message.json<{ position?: number }>();
      if (answer.position !== undefined) heard.push({ at: performance.now(), position: answer.position });
    },
  });
  const subject = subjects.query(PositionQuery.name, bus.principal);
  const asking = setInterval(() => bus.connection.publish(subject, '{}', { reply }), 2);
  return {
    heard,
    stop: () => {
      clearInterval(asking);
      subscription.unsubscribe();
    },
  };
}

function isActive(journal: TestJournal): boolean {
  return journal.app.get(ActiveLog).holds();
}

it('a journal that is cut off from Postgres says nothing more once another one is active, and comes back as a standby', async () => {
  const old = await parts.journal('old', { databaseUrl: throughProxy(), leaseTtl: TTL_MS });
  const next = await parts.journal('next', { leaseTtl: TTL_MS, standby: true });
  await eventually(() => next.health.report().detail === 'standby: another journal is active');
  await bus.command(createNamespace('default'));
  await bus.command(createConfigMap('counter', { n: '0' }));
  proxy.slow(LATENCY_MS);
  const asking = askOnAndOn();
  await eventually(() => asking.heard.length > 20);
  proxy.blackhole();
  await eventually(() => isActive(next), { everyMs: 1 });
  expect(isActive(old)).toBe(false);
  // Each answer is now the new one's: what it has acknowledged can't be missing from any that comes later.
  let acknowledged = 0;
  for (let n = 1; n <= 20; n++) {
    const reply = await bus.command(patchConfigMap('counter', { n: String(n) }));
    const at = performance.now();
    acknowledged = reply.ok ? reply.position : 0;
    await eventually(() => asking.heard.some((item) => item.at > at));
    const { object } = await bus.ask(ObjectQuery, { key });
    expect(object?.data).toEqual({ n: String(n) });
  }
  asking.stop();
  const positions = asking.heard.map(({ position }) => position);
  expect([...positions].sort((a, b) => a - b)).toEqual(positions);
  expect(positions.at(-1)).toBeGreaterThanOrEqual(acknowledged - 1);
  proxy.heal();
  proxy.slow(0);
  // A connection that it was just making is given up after 10 s only.
  const detail = 'standby: another journal is active';
  await eventually(() => old.health.report().detail === detail, { timeoutMs: 40_000 });
  await next.stop();
  await eventually(() => isActive(old));
  const { object } = await bus.ask(ObjectQuery, { key });
  expect(object?.data).toEqual({ n: '20' });
  await old.stop();
});

describe('a journal whose session Postgres has ended, and which does not hear of it', () => {
  const SESSION_OF_THE_HOLDER = `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted`;

  /** The moments at which the next one was active, and the old one not any more. */
  async function depose(old: TestJournal, next: TestJournal): Promise<{ from: number; to: number }> {
    await eventually(() => next.health.report().detail === 'standby: another journal is active');
    const owner = await connectClient(parts.ownerUrl, 'test', () => undefined);
    proxy.blackhole();
    await owner.query(SESSION_OF_THE_HOLDER);
    const [from, to] = await Promise.all(
      [true, false].map((whether) => moment(() => isActive(whether ? next : old) === whether)),
    );
    await owner.end();
    return { from: from ?? 0, to: to ?? Infinity };
  }
  const moment = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise(setImmediate);
    return performance.now();
  };
  afterEach(() => proxy.heal());

  it('steps down when the next one asks it to, long before its lease ends', async () => {
    await parts.newDatabase();
    const old = await parts.journal('unaware', { databaseUrl: throughProxy(), leaseTtl: 20_000 });
    const next = await parts.journal('begun', { standby: true });
    const begun = performance.now();
    const { from, to } = await depose(old, next);
    expect(to).toBeLessThan(from);
    expect(from - begun).toBeLessThan(2_000);
    await next.stop();
    proxy.heal();
    await old.stop();
  });

  it('is waited for until its lease ends when it can not be asked', async () => {
    await parts.newDatabase();
    const { host, port } = new URL(parts.nats.url.replace(/^\w+:/, 'http:'));
    const between = await TcpProxy.start({ host: '127.0.0.1', port: Number(port) });
    const url = parts.nats.url.replace(host, `127.0.0.1:${between.port}`);
    const old = await parts.journal('alone', { databaseUrl: throughProxy(), leaseTtl: TTL_MS, url });
    const next = await parts.journal('patient', { standby: true, leaseTtl: TTL_MS });
    between.blackhole();
    const { from, to } = await depose(old, next);
    expect(to).toBeLessThan(from);
    between.heal();
    proxy.heal();
    await next.stop();
    await old.stop();
    await between.stop();
  });
});

it('one that stood still answers nothing of what came meanwhile, when it goes on', async () => {
  const env = { DATABASE_URL: await parts.newDatabase(), NATS_URL: parts.nats.url, LEASE_TTL: `${TTL_MS}ms` };
  const still = ServiceProcess.run('journal', 'still', env);
  await still.ready(bus);
  const next = await parts.journal('after', { standby: true });
  await bus.command(createNamespace('default'));
  await eventually(() => next.health.report().detail === 'standby: another journal is active');
  still.signal('SIGSTOP');
  const asking = askOnAndOn();
  await eventually(() => isActive(next));
  await bus.command(createConfigMap('counter', { n: '0' }));
  still.signal('SIGCONT');
  await eventually(async () => (await still.health(bus)).detail.startsWith('standby'));
  asking.stop();
  const positions = asking.heard.map(({ position }) => position);
  expect(positions.length).toBeGreaterThan(20);
  expect([...positions].sort((a, b) => a - b)).toEqual(positions);
  await still.stop('SIGKILL');
  await next.stop();
});

it('time in the log does not run backwards when the next journal’s clock is behind', async () => {
  await parts.newDatabase();
  const ahead = await parts.journal('ahead');
  await bus.command(createNamespace('default'));
  await ahead.stop();
  const owner = await connectClient(parts.ownerUrl, 'test', () => undefined);
  await owner.query(`update events set time = '2100-01-01T00:00:00Z'`);
  const behind = await parts.journal('behind');
  await bus.command(createConfigMap('later'));
  const { rows } = await owner.query<{ time: Date }>('select time from events order by position desc limit 1');
  expect(rows[0]?.time.toISOString()).toBe('2100-01-01T00:00:00.000Z');
  await owner.end();
  await behind.stop();
});
