import { pino, type Logger } from 'pino';
import type { Bus } from '@shiplog/bus';
import {
  DeadLettersQuery,
  LATER_CONSUMER,
  LATER_STREAM,
  ObjectQuery,
  RepeatDeadLetterQuery,
  subjects,
  type CommandReply,
} from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import { eventually } from '@shiplog/testing';
import { nanos, RetentionPolicy, type JetStreamManager } from 'nats';
import type { DataSource } from 'typeorm';
import { makeDataSource } from '../database/data-source';
import { DeadLetterRepository } from '../database/dead-letter.repository';
import { createConfigMap, createNamespace, freshId } from '../testing/commands';
import { TestJournals, type TestJournal } from '../testing/journals';
import type { Submission } from '../writer/batch';
import { DELIVERIES } from './ensure-stream';
import { CommandStream, type DeadLetters } from './command-stream';

let parts: TestJournals;
let bus: Bus;
let dataSource: DataSource;
let letters: DeadLetterRepository;
let manager: JetStreamManager;
let journal: TestJournal | undefined;

const logger: Logger = pino({ level: 'silent' });

beforeAll(async () => {
  parts = await TestJournals.start();
  bus = await parts.nats.bus('admin', { role: 'user', name: 'admin' });
  manager = await bus.connection.jetstreamManager();
});

afterAll(() => parts.stop());

beforeEach(async () => {
  dataSource = await makeDataSource(await parts.newDatabase()).initialize();
  letters = new DeadLetterRepository(dataSource);
});

afterEach(async () => {
  await journal?.stop();
  journal = undefined;
  await dataSource.destroy();
  await manager.streams.delete(LATER_STREAM).catch(() => false);
});

const isThere = (name: string) =>
  eventually(async () => {
    const key = { resource: 'configmaps', namespace: 'default', name } as const;
    return (await bus.ask(ObjectQuery, { key })).object;
  });
const isEmpty = () => eventually(async () => (await manager.streams.info(LATER_STREAM)).state.messages === 0);
const listed = async () => (await bus.ask(DeadLettersQuery, {})).letters;
const send = (name: string, id = freshId()) =>
  eventually(() => bus.commandLater(createConfigMap(name, {}, id)).then(() => true));

/** What takes commands as a journal's writer does, and answers as it is told. */
function deciding(answer: (submission: Submission, nth: number) => CommandReply | undefined) {
  const seen: string[] = [];
  const submit = (submissions: readonly Submission[]): void => {
    for (const submission of submissions) {
      const { id } = submission.command;
      const reply = answer(submission, seen.filter((item) => item === id).length);
      seen.push(id);
      if (reply !== undefined) submission.answer(reply);
    }
  };
  return { seen, decider: { submit, room: () => Promise.resolve() } };
}

const done: CommandReply = { ok: true, position: 1, events: 1 };
const tooMuch: CommandReply = { ok: false, status: statusOf.tooManyRequests('too much', 1) };
const failed: CommandReply = { ok: false, status: statusOf.internal('a defect') };

it('a command comes again while the journal has too much to do, and is acknowledged when it is decided', async () => {
  const { seen, decider } = deciding((_, nth) => (nth < 2 ? tooMuch : done));
  const stream = new CommandStream(bus, decider, letters, logger, 20);
  stream.start();
  await send('a', 'c1');
  await isEmpty();
  expect(seen).toEqual(['c1', 'c1', 'c1']);
  expect(await letters.list(0)).toEqual([]);
  await stream.stop();
});

it('a command at which the journal fails again and again is kept as a dead letter, with why; others go on', async () => {
  const { seen, decider } = deciding(({ command }) => (command.id === 'bad' ? failed : done));
  const stream = new CommandStream(bus, decider, letters, logger, 20);
  stream.start();
  await send('a', 'bad');
  await send('b', 'good');
  await isEmpty();
  expect(seen.filter((id) => id === 'bad')).toHaveLength(DELIVERIES);
  expect(seen.filter((id) => id === 'good')).toHaveLength(1);
  expect(await letters.list(0)).toMatchObject([
    { commandId: 'bad', reason: expect.stringContaining('a defect') as string, deliveries: DELIVERIES },
  ]);
  await stream.stop();
});

it('a command is not acknowledged before it is answered', async () => {
  const { seen, decider } = deciding(() => undefined);
  const stream = new CommandStream(bus, decider, letters, logger);
  stream.start();
  await send('a', 'c1');
  await eventually(() => seen.length === 1);
  expect((await manager.streams.info(LATER_STREAM)).state.messages).toBe(1);
  await stream.stop();
});

it('a command whose decision is the end of a journal is buried by the next one, and those beside it are decided', async () => {
  // Of a process that ends in the middle nothing is heard any more, and its notes stay.
  let dead = false;
  const dying: DeadLetters = {
    begin: (ids) => (dead ? Promise.reject(new Error('dead')) : letters.begin(ids)),
    beginAlone: (id) => (dead ? Promise.reject(new Error('dead')) : letters.beginAlone(id)),
    end: (ids) => (dead ? Promise.resolve() : letters.end(ids)),
    bury: (letter) => letters.bury(letter),
    forgetNotes: () => Promise.resolve(),
  };
  const kill = ({ command }: Submission): CommandReply | undefined => {
    if (command.id === 'killer') dead = true;
    return dead ? undefined : done;
  };
  const journalLives = async (): Promise<string[]> => {
    dead = false;
    const { seen, decider } = deciding(kill);
    const submit = (submissions: readonly Submission[]): void => {
      decider.submit(submissions);
      if (dead) throw new Error('out of memory');
    };
    const stream = new CommandStream(bus, { ...decider, submit }, dying, logger, 400);
    stream.start();
    await eventually(async () => dead || (await manager.streams.info(LATER_STREAM)).state.messages === 0, {
      timeoutMs: 40_000,
    });
    await stream.stop();
    return seen;
  };
  const maker = await parts.journal('main');
  await eventually(() => manager.streams.info(LATER_STREAM));
  await maker.stop();
  const sent = ['first', 'killer', 'third', 'fourth'];
  for (const id of sent) await bus.commandLater(createConfigMap(id, {}, id));
  const lives: string[][] = [];
  while ((await manager.streams.info(LATER_STREAM)).state.messages > 0) lives.push(await journalLives());
  expect(lives.filter((seen) => seen.includes('killer')).length).toBeLessThanOrEqual(2);
  expect(await letters.list(0)).toMatchObject([
    { commandId: 'killer', reason: 'a journal ended while it decided this command' },
  ]);
  for (const id of ['first', 'third', 'fourth']) expect(lives.flat()).toContain(id);
});

it('a command that comes alone and ends the journal is buried at its next delivery', async () => {
  await letters.begin(['killer']);
  const { seen, decider } = deciding(() => done);
  const stream = new CommandStream(bus, decider, letters, logger, 20);
  stream.start();
  await send('a', 'killer');
  await isEmpty();
  expect(seen).toEqual([]);
  expect(await letters.list(0)).toHaveLength(1);
  await stream.stop();
});

it('dead letters are listed and repeated by message; what is no command is one of them', async () => {
  journal = await parts.journal('main');
  await bus.command(createNamespace('default'));
  await letters.begin(['killer']);
  await send('a', 'killer');
  const garbage = subjects.commandLater('CreateObject', bus.principal);
  await bus.connection.jetstream().publish(garbage, Buffer.from('poison'));
  await send('b', 'good');
  await isThere('b');
  await isEmpty();
  const [killer, poison] = await listed();
  expect(killer).toMatchObject({
    id: 'killer',
    type: 'CreateObject',
    reason: 'a journal ended while it decided this command',
  });
  expect(poison).toMatchObject({ type: 'CreateObject', reason: expect.stringContaining('must be JSON') as string });
  expect(poison).not.toHaveProperty('id');
  const letter = killer?.letter ?? NaN;
  const { reply } = await bus.ask(RepeatDeadLetterQuery, { letter, request: freshId() });
  expect(reply).toMatchObject({ ok: true, events: 1 });
  await isThere('a');
  expect(await listed()).toEqual([poison]);
  await expect(bus.ask(RepeatDeadLetterQuery, { letter, request: freshId() })).rejects.toMatchObject({
    status: { code: 404 },
  });
  const nonsense = { letter: poison?.letter ?? NaN, request: freshId() };
  await expect(bus.ask(RepeatDeadLetterQuery, nonsense)).rejects.toMatchObject({ status: { code: 400 } });
});

it('a request to repeat that was the end of a journal is not carried out again', async () => {
  journal = await parts.journal('main');
  await letters.bury({
    subject: subjects.commandLater('CreateObject', bus.principal),
    payload: Buffer.from('{}'),
    reason: 'x',
    deliveries: 1,
  });
  const [letter] = await letters.list(0);
  await letters.take(letter?.id ?? NaN, 'request-1');
  await expect(
    bus.ask(RepeatDeadLetterQuery, { letter: letter?.id ?? NaN, request: 'request-1' }),
  ).rejects.toMatchObject({
    status: { code: 409, message: expect.stringContaining('a journal ended') as string },
  });
});

it('nobody but a user may list or repeat them', async () => {
  journal = await parts.journal('main');
  const node = await parts.nats.bus('kubelet', { role: 'kubelet', name: 'n1' });
  await expect(node.ask(DeadLettersQuery, {})).rejects.toMatchObject({ status: { code: 403 } });
  await expect(node.ask(RepeatDeadLetterQuery, { letter: 1, request: 'r' })).rejects.toMatchObject({
    status: { code: 403 },
  });
});

it('letters are bounded by number: the oldest leave', async () => {
  await dataSource.query(
    `insert into dead_letters (subject, why, deliveries, payload)
     select 's' || n, 'old', 1, 'x' from generate_series(1, 1000) n`,
  );
  await letters.bury({ subject: 's', payload: Buffer.from('new'), reason: 'new', deliveries: 1 });
  const [{ n, least }] = await dataSource.query<[{ n: number; least: string }]>(
    `select count(*)::integer as n, min(subject) filter (where subject = 's1') as least from dead_letters`,
  );
  expect([n, least]).toEqual([1_000, null]);
});

it('a stream and a consumer that an older journal made are brought up to date', async () => {
  await manager.streams.add({
    name: LATER_STREAM,
    subjects: ['shiplog.v1.command.later.>'],
    retention: RetentionPolicy.Workqueue,
  });
  await manager.consumers.add(LATER_STREAM, { durable_name: LATER_CONSUMER, ack_policy: 'explicit' as never });
  journal = await parts.journal('main');
  await bus.command(createNamespace('default'));
  await send('a');
  await isThere('a');
  const { config: stream } = await manager.streams.info(LATER_STREAM);
  expect(stream).toMatchObject({ max_bytes: 256 * 1024 * 1024, max_age: nanos(24 * 3_600_000), discard: 'new' });
  const { config: consumer } = await manager.consumers.info(LATER_STREAM, LATER_CONSUMER);
  expect(consumer).toMatchObject({ max_deliver: 4 * DELIVERIES, ack_wait: nanos(15_000), max_ack_pending: 2_048 });
});
