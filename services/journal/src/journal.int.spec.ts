import { decodeEvent, type Bus } from '@shiplog/bus';
import { hashCluster, ClusterState } from '@shiplog/cluster';
import {
  CommandQuery,
  EventsQuery,
  HistoryQuery,
  ObjectQuery,
  PositionQuery,
  subjects,
  type CommandReply,
} from '@shiplog/contracts';
import { Client } from 'pg';
import { connectClient } from './database/client';
import { readLog } from './database/read-log';
import type { StateAt } from './database/snapshot.repository';
import { Folding } from './history/folding';
import { createConfigMap, createNamespace, deleteConfigMap, freshId, patchConfigMap } from './testing/commands';
import { TestJournals, type TestJournal } from './testing/journals';

let parts: TestJournals;
let journal: TestJournal;
let bus: Bus;
let postgres: Client;

beforeAll(async () => {
  parts = await TestJournals.start();
  journal = await parts.journal('main');
  bus = await parts.nats.bus();
  postgres = await connectClient(parts.databaseUrl, 'test', () => undefined);
  await bus.command(createNamespace('default'));
});

afterAll(async () => {
  await postgres.end();
  await parts.stop();
});

const positionOf = (reply: CommandReply): number => (reply.ok ? reply.position : NaN);

/** Throws BrokenLog where a position is missing. */
async function foldLog(): Promise<StateAt> {
  const folding = new Folding({ state: new ClusterState(), position: 0, channels: {} });
  for await (const events of readLog(postgres, { after: 0 })) await folding.take(events);
  return folding.fold();
}

describe('a command', () => {
  it('is in Postgres when its event is published, and published before it is answered', async () => {
    const seen: string[] = [];
    const subscription = bus.connection.subscribe(subjects.channel({ resource: 'configmaps' }), {
      callback: (_, message) => void seen.push(decodeEvent(message).event.name),
    });
    for (let i = 0; i < 20; i++) {
      const reply = await bus.command(createConfigMap(`seen-${i}`));
      expect(seen.at(-1)).toBe(`seen-${i}`);
      const { rows } = await postgres.query('select name from events where position = $1', [positionOf(reply)]);
      expect(rows).toEqual([{ name: `seen-${i}` }]);
    }
    subscription.unsubscribe();
  });

  it('replayed a hundred times, at once and later, has one effect and one answer', async () => {
    const command = createConfigMap('once');
    const atOnce = await Promise.all(Array.from({ length: 50 }, () => bus.command(command)));
    const later: CommandReply[] = [];
    for (let i = 0; i < 50; i++) later.push(await bus.command(command));
    expect(new Set([...atOnce, ...later].map((reply) => JSON.stringify(reply))).size).toBe(1);
    const { rows } = await postgres.query('select count(*)::int as n from events where command_id = $1', [command.id]);
    expect(rows).toEqual([{ n: 1 }]);
  });

  it('in a batch is answered in its place, whatever becomes of the others', async () => {
    const first = createConfigMap('batch-1');
    const batch = [first, { nonsense: true }, createConfigMap('batch-1'), first, createConfigMap('batch-2')];
    const subject = subjects.command('Batch', bus.principal);
    const answer = await bus.connection.request(subject, Buffer.from(JSON.stringify(batch)));
    const replies = answer.json<CommandReply[]>();
    expect(replies.map((reply) => (reply.ok ? reply.key?.name : reply.status.code))).toEqual([
      'batch-1',
      400,
      409,
      'batch-1',
      'batch-2',
    ]);
  });

  it.each([
    ['no JSON', 'CreateObject', '{'],
    ['JSON that is no command', 'CreateObject', '[1]'],
    ['an id that is too long', 'DeleteObject', JSON.stringify({ ...deleteConfigMap('x'), id: 'x'.repeat(300) })],
    ['a batch that is none', 'Batch', '{"a":1}'],
  ])('that is %s is answered with a 400 and leaves no trace', async (_, type, payload) => {
    const before = await bus.ask(PositionQuery, {});
    const answer = await bus.connection.request(subjects.command(type, bus.principal), Buffer.from(payload));
    expect(answer.json()).toMatchObject({ ok: false, status: { code: 400, reason: 'BadRequest' } });
    expect(await bus.ask(PositionQuery, {})).toEqual(before);
  });

  it('whose event would not fit the bus is refused, and the journal goes on', async () => {
    const reply = await bus.command(createConfigMap('huge', { a: 'x'.repeat(1_044_000) }));
    expect(reply).toMatchObject({ ok: false, status: { code: 413 } });
    expect(await bus.command(createConfigMap('small'))).toMatchObject({ ok: true });
  });
});

it('a command on thousands of objects is done in slices, and its answer fits into a message', async () => {
  await bus.command(createNamespace('crowd'));
  await Promise.all(
    Array.from({ length: 6_000 }, (_, i) => {
      const command = createConfigMap(`crowd-${i}`);
      if (command.type !== 'CreateObject') throw new Error('not a create');
      return bus.command({ ...command, data: { ...command.data, namespace: 'crowd' } }, { timeoutMs: 60_000 });
    }),
  );
  const data = { resource: 'configmaps', namespace: 'crowd' } as const;
  const reply = await bus.command({ id: freshId(), type: 'DeleteCollection', actor: 'admin', data });
  expect(reply).toMatchObject({ ok: true, events: 6_000 });
  expect(reply).not.toHaveProperty('results');
});

describe('the log', () => {
  it('has no gaps under 32 clients at once, and folds to the journal’s state', async () => {
    await Promise.all(
      Array.from({ length: 32 }, async (_, client) => {
        for (let i = 0; i < 20; i++) {
          const name = `many-${client}-${i % 5}`;
          const reply = await bus.command(
            [createConfigMap(name), patchConfigMap(name, { i: `${i}` }), deleteConfigMap(name)][i % 3] as never,
          );
          if (!reply.ok) expect([404, 409]).toContain(reply.status.code);
        }
      }),
    );
    const folded = await foldLog();
    const { position, hashes } = await bus.ask(PositionQuery, { hashes: true });
    expect(position).toBe(folded.position);
    expect(hashes?.configmaps).toBeDefined();
    const live = new ClusterState();
    for await (const chunk of bus.state({ channels: [{ resource: 'configmaps' }, { resource: 'namespaces' }] })) {
      for (const { resource, object } of chunk.objects) live.put(resource, object);
    }
    expect(hashCluster(folded.state)).toBe(hashCluster(live));
  });

  it('links each event to its predecessor in its channel', async () => {
    const links: { position: number; prev: number }[] = [];
    const subscription = bus.connection.subscribe(subjects.channel({ resource: 'configmaps' }), {
      callback: (_, message) => {
        const { event, prev } = decodeEvent(message);
        links.push({ position: event.position, prev });
      },
    });
    await bus.command(createConfigMap('linked'));
    await bus.command(createNamespace('between'));
    await bus.command(patchConfigMap('linked', { a: '1' }));
    subscription.unsubscribe();
    expect(links[1]?.prev).toBe(links[0]?.position);
    expect(links[1]?.position).toBe((links[0]?.position ?? 0) + 2);
  });
});

describe('questions', () => {
  it('about the past are answered from the log, also of what is gone', async () => {
    const created = positionOf(await bus.command(createConfigMap('past', { a: '1' })));
    const changed = positionOf(await bus.command(patchConfigMap('past', { a: '2' })));
    const deleted = positionOf(await bus.command(deleteConfigMap('past')));
    const key = { resource: 'configmaps', namespace: 'default', name: 'past' } as const;
    const valueAt = async (at?: number) => (await bus.ask(ObjectQuery, { key, at })).object?.['data'];
    expect(await valueAt(created - 1)).toBeUndefined();
    expect(await valueAt(created)).toEqual({ a: '1' });
    expect(await valueAt(changed)).toEqual({ a: '2' });
    expect(await valueAt(deleted)).toBeUndefined();
    expect(await valueAt()).toBeUndefined();
    const history = await bus.ask(HistoryQuery, { key });
    expect(history.events.map(({ fact }) => fact)).toEqual(['Deleted', 'SpecChanged', 'Created']);
    const names: string[] = [];
    for await (const { objects, position } of bus.state({ channels: [{ resource: 'configmaps' }], at: changed })) {
      expect(position).toBe(changed);
      names.push(...objects.map(({ object }) => object.metadata.name));
    }
    expect(names).toContain('past');
  });

  it('about events are answered in pages', async () => {
    const channels = [{ resource: 'configmaps' as const }];
    const all = await bus.ask(EventsQuery, { channels, after: 0 });
    const page = await bus.ask(EventsQuery, { channels, after: 0, limit: 3 });
    expect(page.more).toBe(true);
    expect(page.events).toEqual(all.events.slice(0, 3));
    const rest = await bus.ask(EventsQuery, { channels, after: page.events[2]?.position ?? 0 });
    expect(rest.events[0]).toEqual(all.events[3]);
  });

  it('about a command tell its answer, or that there was none', async () => {
    const command = createConfigMap('told');
    const reply = await bus.command(command);
    expect(await bus.ask(CommandQuery, { id: command.id })).toEqual({ reply });
    expect(await bus.ask(CommandQuery, { id: freshId() })).toEqual({ reply: null });
  });

  it('about a position that is not reached yet fail with 410', async () => {
    const { position } = await bus.ask(PositionQuery, {});
    const key = { resource: 'configmaps', namespace: 'default', name: 'a' } as const;
    await expect(bus.ask(ObjectQuery, { key, at: position + 1_000 })).rejects.toMatchObject({
      status: { code: 410, message: expect.stringContaining('is not reached yet') as string },
    });
  });

  it('that make no sense fail with 400', async () => {
    await expect(bus.ask(EventsQuery, { channels: 'all', after: 0 } as never)).rejects.toMatchObject({
      status: { code: 400 },
    });
    await expect(bus.ask(ObjectQuery, { key: { resource: 'cats' } } as never)).rejects.toMatchObject({
      status: { code: 400 },
    });
  });
});

it('a journal that stops in order and starts again has the same state, from its snapshot', async () => {
  const before = await bus.ask(PositionQuery, { hashes: true });
  await journal.stop();
  const { rows } = await postgres.query('select max(position)::int as position from snapshots');
  expect(rows).toEqual([{ position: before.position }]);
  journal = await parts.journal('main');
  expect(await bus.ask(PositionQuery, { hashes: true })).toEqual(before);
});

it('a repeated command is answered from the log by a journal that has never seen it', async () => {
  const command = createConfigMap('before-restart');
  const reply = await bus.command(command);
  await journal.stop();
  journal = await parts.journal('main');
  expect(await bus.command(command)).toEqual(reply);
});

it('a refusal and what changed nothing are answered the same by a journal that has never seen them', async () => {
  await bus.command(createConfigMap('taken', { n: '3' }));
  const refused = createConfigMap('taken');
  const same = patchConfigMap('taken', { n: '3' });
  const replies = [await bus.command(refused), await bus.command(same)];
  expect(replies).toMatchObject([
    { ok: false, status: { reason: 'AlreadyExists' } },
    { ok: true, events: 0 },
  ]);
  await bus.command(patchConfigMap('taken', { n: '5' }));
  await journal.stop();
  journal = await parts.journal('main');
  expect([await bus.command(same), await bus.command(refused)]).toEqual(replies.reverse());
  await bus.command(deleteConfigMap('taken'));
  expect((await bus.command(refused)).ok).toBe(false);
  expect((await bus.ask(CommandQuery, { id: refused.id })).reply).toMatchObject({ ok: false });
});
