import { hashCluster } from '@shiplog/cluster';
import type { AnyCommand, CommandReply } from '@shiplog/contracts';
import { createConfigMap, createNamespace, deleteConfigMap, patchConfigMap } from '../testing/commands';
import { RecentCommands } from './recent-commands';
import { LIMITS, namesIn, PRINCIPAL, setUp, turns } from './testing/given-writer';

describe('the writer', () => {
  it('publishes and then answers a command, once it is committed', async () => {
    const { store, seen, replies, submit, start } = setUp();
    await start();
    await submit(createConfigMap('a', {}, 'c1'));
    expect(seen).toEqual([]);
    await store.end();
    expect(seen).toEqual(['published a', 'answered c1']);
    expect(replies.get('c1')).toMatchObject({ ok: true, position: 2, events: 1 });
  });

  it('gives a uid to each object that is made, also by a replacement', async () => {
    const { store, submit, start } = setUp();
    await start();
    const metadata = { name: 'a', namespace: 'default' };
    const object = { apiVersion: 'v1', kind: 'Endpoints', metadata };
    const data = { resource: 'endpoints', namespace: 'default', name: 'a', object } as const;
    await submit({ id: 'c1', type: 'ReplaceObject', actor: 'admin', data });
    expect(store.commits[0]?.events[0]).toMatchObject({ fact: 'Created', uid: expect.stringMatching(/./) });
    await store.end();
  });

  it('logs who vouched for the sender beside the actor', async () => {
    const { store, writer, start } = setUp();
    await start();
    writer.submit([{ command: createConfigMap('a'), principal: PRINCIPAL, answer: () => undefined }]);
    await turns();
    expect(store.commits[0]?.events[0]).toMatchObject({ actor: 'admin', via: 'api.main' });
  });

  it('refuses what the sender has no right to, whatever the actor is said to be', async () => {
    const { store, writer, start } = setUp();
    await start();
    const answers: CommandReply[] = [];
    const principal = { kind: 'node', name: 'minion-1' } as const;
    for (const actor of ['admin', 'system:node:minion-1']) {
      const command = { ...createConfigMap('a'), actor } as AnyCommand;
      writer.submit([{ command, principal, answer: (reply) => answers.push(reply) }]);
    }
    await turns();
    await store.end();
    expect(answers).toMatchObject([
      { ok: false, status: { code: 403, message: expect.stringContaining('may not speak for admin') } },
      { ok: false, status: { code: 403, message: expect.stringContaining('its own Node and Lease only') } },
    ]);
    expect(store.commits.map(namesIn)).toEqual([[]]);
  });

  it('refuses a sender whose name would shift the columns of a commit', async () => {
    const { store, writer, start } = setUp();
    await start();
    let answer: CommandReply | undefined;
    const principal = { kind: 'api', name: 'main\u001fapi.other' } as const;
    writer.submit([{ command: createConfigMap('a'), principal, answer: (reply) => (answer = reply) }]);
    await turns();
    await store.end();
    expect(answer).toMatchObject({ ok: false, status: { code: 400 } });
    expect(store.commits.map(namesIn)).toEqual([[]]);
  });

  it('lets commands that arrive while a commit is in flight share the next one', async () => {
    const { store, submit, start } = setUp();
    await start();
    await submit(createConfigMap('a'));
    await submit(createConfigMap('b'));
    await submit(createConfigMap('c'), createConfigMap('d'));
    await store.end();
    expect(store.commits.map(namesIn)).toEqual([['a'], ['b', 'c', 'd']]);
  });

  it('divides what has queued up into commits of bounded size', async () => {
    const { store, submit, start } = setUp({ commitEvents: 2 });
    await start();
    await submit(...['a', 'b', 'c', 'd', 'e'].map((name) => createConfigMap(name)));
    for (let i = 0; i < 3; i++) await store.end();
    expect(store.commits.map(namesIn)).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  });

  it('decides on what is not committed yet, and answers a refusal only after what it rests on', async () => {
    const { store, seen, replies, submit, start } = setUp();
    await start();
    await submit(createConfigMap('a', {}, 'c1'), createConfigMap('a', {}, 'c2'), patchConfigMap('a', { x: '1' }, 'c3'));
    expect(seen).toEqual([]);
    await store.end();
    expect(seen).toEqual(['published a', 'published a', 'answered c1', 'answered c2', 'answered c3']);
    expect(replies.get('c2')).toMatchObject({ ok: false, status: { code: 409 } });
    expect(replies.get('c3')).toMatchObject({ ok: true, position: 3 });
  });

  it('shows questions only what is committed', async () => {
    const { store, writer, submit, start } = setUp();
    await start();
    await submit(createConfigMap('a'));
    expect([writer.position, writer.state.get('configmaps', 'default', 'a')]).toEqual([1, undefined]);
    await store.end();
    expect([writer.position, writer.state.get('configmaps', 'default', 'a')]).toMatchObject([2, { kind: 'ConfigMap' }]);
  });

  it('has one effect and one answer for a repeated command, in flight and after', async () => {
    const { store, replies, submit, start } = setUp();
    await start();
    const command = createConfigMap('a', {}, 'c1');
    await submit(command, command);
    await store.end();
    const first = replies.get('c1');
    replies.clear();
    await submit(command);
    expect(replies.get('c1')).toBe(first);
    expect(store.commits.map(namesIn)).toEqual([['a']]);
  });

  it('answers a command that only Postgres remembers from the log, and decides the others again', async () => {
    const { store, writer, replies, submit, start } = setUp();
    await start();
    store.logged.set('old', { ok: true, position: 1, events: 1 });
    await submit(createConfigMap('x', {}, 'old'), createConfigMap('a', {}, 'c1'), deleteConfigMap('x', 'c2'));
    await submit(createConfigMap('b', {}, 'c3'));
    await store.end('repeated-command');
    await store.end();
    expect(replies.get('old')).toEqual({ ok: true, position: 1, events: 1 });
    expect(replies.get('c1')).toMatchObject({ ok: true, position: 2 });
    expect(replies.get('c2')).toMatchObject({ ok: false, status: { code: 404 } });
    expect(replies.get('c3')).toMatchObject({ ok: true, position: 3 });
    expect(store.commits.slice(1).map(namesIn)).toEqual([['a', 'b']]);
    expect(writer.state.get('configmaps', 'default', 'x')).toBeUndefined();
  });

  it('does not refuse a repeated command for what its forgotten first instance did', async () => {
    const { store, replies, submit, start } = setUp({ recent: new RecentCommands(LIMITS, [], false) });
    await start();
    store.logged.set('old', { ok: true, position: 1, events: 1 });
    await submit(createNamespace('default', 'old'), createNamespace('default', 'new'));
    await store.end();
    expect(replies.get('old')).toEqual({ ok: true, position: 1, events: 1 });
    expect(replies.get('new')).toMatchObject({ ok: false, status: { reason: 'AlreadyExists' } });
  });

  it.each([
    ['the outcome of a commit is unknown', new Error('connection lost')],
    ['another writer has taken over', 'deposed' as const],
  ])('says that it is lost, and answers nothing, when %s', async (_, outcome) => {
    const { store, writer, seen, submit, start } = setUp();
    await start();
    await submit(createConfigMap('a'));
    await submit(createConfigMap('b'));
    await store.end(outcome);
    await expect(writer.lost).resolves.toBeInstanceOf(Error);
    await submit(createConfigMap('c'));
    expect(seen).toEqual([]);
    expect(store.commits.map(namesIn)).toEqual([['a']]);
  });

  it('refuses what the bus could not carry', async () => {
    const { store, replies, submit, start } = setUp();
    await start();
    await submit(createConfigMap('a', { a: 'x'.repeat(20_000) }, 'c1'));
    await store.end();
    expect(replies.get('c1')).toMatchObject({ ok: false, status: { code: 413 } });
    expect(store.commits.map(namesIn)).toEqual([[]]);
  });

  it('makes no event for a command that changes nothing, but logs its answer before it gives it', async () => {
    const { store, replies, submit, start } = setUp();
    await start();
    await submit(createConfigMap('a', { x: '1' }));
    await store.end();
    await submit(patchConfigMap('a', { x: '1' }, 'c2'));
    expect(replies.has('c2')).toBe(false);
    await store.end();
    expect(replies.get('c2')).toMatchObject({ ok: true, events: 0, position: 2 });
    expect(store.commits.map(namesIn)).toEqual([['a'], []]);
  });

  it('commits what is sent the moment that an answer is there', async () => {
    const { store, writer, replies, submit, start } = setUp();
    await start();
    const answered = new Promise((answer) => {
      writer.submit([{ command: createConfigMap('a'), principal: PRINCIPAL, answer }]);
    });
    const next = answered.then(() => submit(createConfigMap('b', {}, 'c2')));
    await turns();
    await store.end();
    await next;
    await store.end();
    expect(replies.get('c2')).toMatchObject({ ok: true });
  });

  it('finishes what is under way when it stops', async () => {
    const { store, writer, seen, submit, start } = setUp();
    await start();
    await submit(createConfigMap('a', {}, 'c1'));
    const stopped = writer.stop();
    await submit(createConfigMap('late', {}, 'c2'));
    await store.end();
    await stopped;
    expect(seen).toEqual(['published a', 'answered c1']);
    expect(hashCluster(writer.state)).toMatch(/^[0-9a-f]{32}$/);
  });
});
