import type { Bus } from '@shiplog/bus';
import type { AnyCommand } from '@shiplog/contracts';
import { ServiceProcess } from '@shiplog/testing';
import { Appender } from '../database/append';
import { connectClient, endClient } from '../database/client';
import { makeDataSource } from '../database/data-source';
import { repositoriesOf } from '../database/repositories';
import { createConfigMap, createNamespace, freshId, patchConfigMap } from './commands';
import { TestJournals } from './journals';
import { SyntheticLog } from './synthetic-log';

const SECONDS = 5;
const CLIENTS = 256;
/** Requests under way while objects are made. */
const MAKERS = 512;

/**
 * What one sender costs the others: how many refusals a second there are in a young log and in an old one, and how long a
 * write waits while a collection is deleted.
 */
export async function measurePressure(events: number, objects: number): Promise<void> {
  const parts = await TestJournals.start();
  try {
    const young = await inANewLog(parts, 'young', 0, refusalsPerSecond);
    const old = await inANewLog(parts, 'old', events, refusalsPerSecond);
    say(`refusals: ${young}/s in a young log, ${old}/s in one of ${events} events (${(old / young).toFixed(2)} ×)`);
    await inANewLog(parts, 'full', 0, (bus) => deletion(bus, objects));
  } finally {
    await parts.stop();
  }
}

async function inANewLog<T>(
  parts: TestJournals,
  instance: string,
  events: number,
  work: (bus: Bus) => Promise<T>,
): Promise<T> {
  const url = await parts.newDatabase();
  if (events > 0) await fill(parts, events);
  const bus = await parts.nats.bus();
  const journal = ServiceProcess.run('journal', instance, { DATABASE_URL: url, NATS_URL: parts.nats.url });
  try {
    await journal.ready(bus, { timeoutMs: 120_000 });
    await bus.command(createNamespace('default'));
    return await work(bus);
  } finally {
    await journal.stop('SIGTERM');
    await bus.close();
  }
}

async function fill(parts: TestJournals, events: number): Promise<void> {
  const owner = await makeDataSource(parts.ownerUrl).initialize();
  await repositoriesOf(owner).partitions.makeRoom(0, 500_000, 2 * events);
  await owner.destroy();
  const appender = await Appender.open(parts.databaseUrl, 0, () => undefined);
  for (const commit of new SyntheticLog().commits(events, 2_000)) await appender.append(commit);
  await appender.close();
  // What was just written is Postgres' work for a while yet.
  const settled = await connectClient(parts.ownerUrl, 'pressure', () => undefined);
  for (const statement of ['vacuum analyze', 'checkpoint']) await settled.query(statement);
  await endClient(settled);
}

/** Creates of what exists, by many who wait for their answers. */
async function refusalsPerSecond(bus: Bus): Promise<number> {
  await bus.command(createConfigMap('taken'));
  const refuse = (): Promise<unknown> => bus.command(createConfigMap('taken'));
  await forAWhile(CLIENTS, 1, refuse);
  return Math.round((await forAWhile(CLIENTS, SECONDS, refuse)) / SECONDS);
}

async function forAWhile(clients: number, seconds: number, work: () => Promise<unknown>): Promise<number> {
  const until = performance.now() + seconds * 1_000;
  let done = 0;
  const client = async (): Promise<void> => {
    for (; performance.now() < until; done++) await work();
  };
  await Promise.all(Array.from({ length: clients }, client));
  return done;
}

async function deletion(bus: Bus, objects: number): Promise<void> {
  await bus.command(createConfigMap('counter'));
  let made = 0;
  const maker = async (): Promise<void> => {
    while (made < objects) await bus.command(labelled(`many-${made++}`));
  };
  await Promise.all(Array.from({ length: MAKERS }, maker));
  let isOver = false;
  const before = latencies(bus, () => isOver);
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1_000));
  isOver = true;
  say(`a write beside nothing waits ${await before}`);
  isOver = false;
  const during = latencies(bus, () => isOver);
  const started = performance.now();
  const data = { resource: 'configmaps', namespace: 'default', labelSelector: 'many=yes' } as const;
  const reply = await bus.command({ id: freshId(), type: 'DeleteCollection', actor: 'admin', data } as AnyCommand, {
    timeoutMs: 300_000,
  });
  isOver = true;
  const ms = Math.round(performance.now() - started);
  say(
    `a write beside a deletion of ${objects} objects (${ms} ms, ${reply.ok ? 'done' : 'refused'}) waits ${await during}`,
  );
}

function labelled(name: string): AnyCommand {
  const command = createConfigMap(name, { value: 'x' });
  const { object } = command.data as { object: { metadata: object } };
  Object.assign(object.metadata, { labels: { many: 'yes' } });
  return command;
}

/** Of writes of one client, one after the other. */
async function latencies(bus: Bus, isOver: () => boolean): Promise<string> {
  const taken: number[] = [];
  for (let n = 0; !isOver(); n++) {
    const started = performance.now();
    await bus.command(patchConfigMap('counter', { n: String(n) }));
    taken.push(performance.now() - started);
  }
  taken.sort((a, b) => a - b);
  const at = (share: number): string => (taken[Math.floor(share * (taken.length - 1))] ?? 0).toFixed(1);
  return `${at(0.5)} ms (median), ${at(0.99)} ms (99th of 100), ${at(1)} ms at most, of ${taken.length}`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
