import { createConfigMap } from '../testing/commands';
import { RecentCommands } from './recent-commands';
import { namesIn, setUp } from './testing/given-writer';

const MB = 1024 * 1024;
/** Counted as it is sent: three bytes a character. */
const chinese = (bytes: number): string => '海'.repeat(bytes / 3);

describe('a commit', () => {
  it('is bounded by bytes as well as by number', async () => {
    const { store, submit, start } = setUp({ commitEvents: 1_000, commitBytes: 30_000 });
    await start();
    await submit(...['a', 'b', 'c', 'd', 'e'].map((name) => createConfigMap(name, { text: chinese(8_900) })));
    for (let i = 0; i < 3; i++) await store.end();
    expect(store.commits.map(namesIn)).toEqual([
      ['a', 'b', 'c'],
      ['d', 'e'],
    ]);
  });

  it('never holds so many events of 1 MB that no string could hold their texts, and few of them wait', async () => {
    const { store, replies, submit, start } = setUp({ commitEvents: 2_000, maxDataBytes: 2 * MB });
    await start();
    const text = 'x'.repeat(MB);
    for (let i = 0; i < 150; i++) await submit(createConfigMap(`big-${i}`, { text }, `c-${i}`));
    for (let i = 0; i < 15; i++) await store.end();
    expect(replies.size).toBeGreaterThanOrEqual(150);
    for (const { texts } of store.commits) {
      expect(texts.reduce((sum, item) => sum + item.length, 0)).toBeLessThan(17 * MB);
    }
    const turnedAway = [...replies.values()].filter((reply) => !reply.ok && reply.status.code === 429);
    expect(turnedAway.length).toBeGreaterThan(15);
    expect(replies.size - turnedAway.length).toBeGreaterThan(100);
  }, 60_000);
});

describe('what waits for its commit', () => {
  it('is bounded by bytes: more is told to come later, until there is room', async () => {
    const { store, writer, replies, submit, start } = setUp({ aheadBytes: 50_000 });
    await start();
    for (let i = 0; i < 8; i++) await submit(createConfigMap(`a-${i}`, { text: 'x'.repeat(9_000) }, `c-${i}`));
    expect(writer.isFull).toBe(true);
    expect(replies.get('c-7')).toMatchObject({ ok: false, status: { code: 429, details: { retryAfterSeconds: 2 } } });
    let hasRoom = false;
    void writer.room().then(() => (hasRoom = true));
    await store.end();
    await store.end();
    expect([hasRoom, writer.isFull]).toEqual([true, false]);
    await submit(createConfigMap('later', {}, 'later'));
    await store.end();
    expect(replies.get('later')).toMatchObject({ ok: true });
  });

  it('counts dry runs and repetitions by the messages that they came in', async () => {
    const { writer, replies, send, start, submit } = setUp({ aheadBytes: 50_000 });
    await start();
    await submit(createConfigMap('a', {}, 'c1'));
    for (let i = 0; i < 20; i++) await send({ bytes: 10_000 }, createConfigMap('a', {}, 'c1'));
    expect(writer.isFull).toBe(true);
    await submit(createConfigMap('b', {}, 'c2'));
    expect(replies.get('c2')).toMatchObject({ ok: false, status: { code: 429 } });
  });
});

describe('the memory of answers', () => {
  it('is bounded by number, and says when it has forgotten some', () => {
    const recent = new RecentCommands({ commands: 2, bytes: MB });
    for (const id of ['a', 'b', 'c']) recent.add(id, { ok: true, position: 1, events: 0 });
    expect(recent.get('a')).toBeUndefined();
    expect(recent.get('c')).toBeDefined();
    expect(recent.mayHaveForgotten).toBe(true);
    expect(new RecentCommands({ commands: 2, bytes: MB }).mayHaveForgotten).toBe(false);
  });

  it('is bounded by bytes', () => {
    const recent = new RecentCommands({ commands: 1_000, bytes: 50_000 });
    const results = Array.from({ length: 100 }, (_, i) => ({ ok: true as const, position: i }));
    for (let i = 0; i < 100; i++) recent.add(`c-${i}`, { ok: true, position: 1, events: 100, results });
    expect(recent.bytes).toBeLessThanOrEqual(50_000);
    expect(recent.get('c-99')).toBeDefined();
    expect(recent.mayHaveForgotten).toBe(true);
  });

  it('keeps no object that an answer showed', () => {
    const recent = new RecentCommands({ commands: 10, bytes: MB });
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, text: 'x'.repeat(100_000) };
    recent.add('c', { ok: true, position: 1, events: 1, object });
    expect(recent.get('c')).toEqual({ kind: 'answered', reply: { ok: true, position: 1, events: 1 } });
    expect(recent.bytes).toBeLessThan(1_000);
  });
});
