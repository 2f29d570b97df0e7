import type { AnyCommand } from '@shiplog/contracts';
import { createConfigMap, deleteConfigMap } from '../testing/commands';
import { RecentCommands } from './recent-commands';
import { SLICE_OBJECTS } from './sweep';
import { LIMITS, setUp } from './testing/given-writer';

const deleteAll = (id: string, more = {}): AnyCommand => ({
  id,
  type: 'DeleteCollection',
  actor: 'admin',
  data: { resource: 'configmaps', namespace: 'default', ...more },
});

const OBJECTS = 3 * SLICE_OBJECTS + 10;

async function crowd(recent = new RecentCommands(LIMITS)) {
  const given = setUp({ commitEvents: 10_000, recent });
  await given.start();
  await given.submit(...Array.from({ length: OBJECTS }, (_, i) => createConfigMap(`crowd-${i}`)));
  await given.store.end();
  given.store.commits.length = 0;
  return given;
}

describe('a DeleteCollection of many objects', () => {
  it('is decided in slices, between which other commands are, and answered once, at the end', async () => {
    const { store, writer, replies, submit } = await crowd();
    await submit(deleteAll('all'));
    await submit(createConfigMap('between', {}, 'c1'));
    await store.end();
    await store.end();
    expect(replies.get('c1')).toMatchObject({ ok: true });
    expect(replies.has('all')).toBe(false);
    for (let i = 0; i < 4; i++) await store.end();
    expect(replies.get('all')).toMatchObject({ ok: true, events: OBJECTS, position: writer.position });
    for (const { events } of store.commits) expect(events.length).toBeLessThanOrEqual(SLICE_OBJECTS + 1);
    expect(writer.state.list('configmaps').map(({ metadata }) => metadata.name)).toEqual(['between']);
    const seqs = store.commits.flatMap(({ events }) => events).filter(({ commandId }) => commandId === 'all');
    expect(seqs.map(({ commandSeq }) => commandSeq)).toEqual(seqs.map((_, i) => i));
  });

  it('passes over what others deleted meanwhile, and what came later', async () => {
    const { store, writer, replies, submit } = await crowd();
    await submit(deleteAll('all'));
    await submit(deleteConfigMap('crowd-99'), createConfigMap('crowd-99'), createConfigMap('crowd-990'));
    for (let i = 0; i < 8; i++) await store.end();
    expect(replies.get('all')).toMatchObject({ ok: true, events: OBJECTS - 1 });
    expect(writer.state.list('configmaps').map(({ metadata }) => metadata.name)).toEqual(['crowd-99', 'crowd-990']);
  });

  it('has one effect and one answer, repeated while it runs, after it, and when only the log remembers it', async () => {
    const recent = new RecentCommands({ commands: 5, bytes: 1_000_000 });
    const { store, seen, replies, submit } = await crowd(recent);
    await submit(deleteAll('all'));
    await store.end();
    await submit(deleteAll('all'));
    for (let i = 0; i < 5; i++) await store.end();
    expect(seen.filter((item) => item === 'answered all')).toHaveLength(2);
    const reply = replies.get('all');
    await submit(...Array.from({ length: SLICE_OBJECTS + 5 }, (_, i) => createConfigMap(`again-${i}`)));
    await store.end();
    expect(recent.get('all')).toBeUndefined();
    const commits = store.commits.length;
    await submit(deleteAll('all'));
    expect(replies.get('all')).toEqual(reply);
    expect(store.commits).toHaveLength(commits);
  });

  it('whose slice is dropped with a commit decides that slice again', async () => {
    const { store, writer, replies, submit } = await crowd(new RecentCommands(LIMITS, [], false));
    store.logged.set('old', { ok: true, position: 1, events: 1 });
    await submit(deleteAll('all'));
    await store.end();
    await submit(createConfigMap('old', {}, 'old'));
    for (let i = 0; i < 8; i++) await store.end();
    expect(replies.get('old')).toEqual({ ok: true, position: 1, events: 1 });
    expect(replies.get('all')).toMatchObject({ ok: true, events: OBJECTS });
    expect(writer.state.size('configmaps')).toBe(0);
  });

  it('on trial is sliced too, and changes nothing', async () => {
    const { store, writer, replies, submit } = await crowd();
    await submit(deleteAll('dry', { dryRun: true }));
    for (let i = 0; i < 20; i++) await submit();
    expect(replies.get('dry')).toMatchObject({ ok: true, events: 0 });
    expect(store.commits).toEqual([]);
    expect(writer.state.size('configmaps')).toBe(OBJECTS);
  });

  it('ends unanswered when the writer stops, which waits for one slice only', async () => {
    const { store, writer, replies, submit } = await crowd();
    await submit(deleteAll('all'));
    const stopped = writer.stop();
    await store.end();
    await stopped;
    expect(replies.has('all')).toBe(false);
    expect(store.commits).toHaveLength(1);
  });
});
