import { ClusterState, hashCluster, type Applied } from '@shiplog/cluster';
import type { AnyCommand, CommandReply } from '@shiplog/contracts';
import { pino } from 'pino';
import type { AppendOutcome, Commit, LoggedCommand } from '../database/append';
import { createConfigMap, createNamespace, deleteConfigMap, patchConfigMap } from '../testing/commands';
import { RecentCommands } from './recent-commands';
import { Writer, type LogStore } from './writer';

/** A store whose commits end when the spec says so, and how it says. */
class SlowStore implements LogStore {
  readonly commits: Commit[] = [];
  readonly logged = new Map<string, LoggedCommand>();
  #settle: ((outcome: AppendOutcome | Error) => void) | undefined;

  append(commit: Commit): Promise<AppendOutcome> {
    this.commits.push(commit);
    return new Promise((resolve, reject) => {
      this.#settle = (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome));
    });
  }

  /** Ends the commit in flight. */
  async end(outcome: AppendOutcome | Error = 'committed'): Promise<void> {
    this.#settle?.(outcome);
    await turns();
  }

  findCommands(ids: readonly string[]): Promise<LoggedCommand[]> {
    return Promise.resolve(ids.flatMap((id) => this.logged.get(id) ?? []));
  }

  replyTo({ first, count }: LoggedCommand): Promise<CommandReply> {
    return Promise.resolve({ ok: true, position: first + count - 1, events: count });
  }
}

const PRINCIPAL = { kind: 'api', name: 'main' } as const;

/** Lets everything happen that waits for nothing but its turn. */
async function turns(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}

function setUp({ recent = new RecentCommands(100), commitEvents = 100 } = {}) {
  const store = new SlowStore();
  const seen: string[] = [];
  const replies = new Map<string, CommandReply>();
  const writer = new Writer({
    state: new ClusterState(),
    position: 0,
    recent,
    store,
    settings: { serviceCidr: '10.96.0.0/16', clusterCidr: '10.244.0.0/16', nodePortRange: [30000, 32767] },
    commitEvents,
    maxDataBytes: () => 10_000,
    publish: ({ event }: Applied) => void seen.push(`published ${event.name}`),
    clock: () => ({ time: '2026-01-01T00:00:00.000Z', uid: () => 'uid' }),
    logger: pino({ level: 'silent' }),
  });
  const submit = async (...commands: AnyCommand[]): Promise<void> => {
    writer.submit(
      commands.map((command) => ({
        command,
        principal: PRINCIPAL,
        answer: (reply) => {
          replies.set(command.id, reply);
          seen.push(`answered ${command.id}`);
        },
      })),
    );
    await turns();
  };
  const start = async (): Promise<void> => {
    await submit(createNamespace('default', 'ns'));
    await store.end();
    seen.length = 0;
    store.commits.length = 0;
  };
  return { store, writer, seen, replies, submit, start };
}

const namesIn = ({ events }: Commit): string[] => events.map(({ name }) => name);

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

  it('logs who vouched for the sender beside the actor', async () => {
    const { store, writer, start } = setUp();
    await start();
    writer.submit([{ command: createConfigMap('a'), principal: PRINCIPAL, answer: () => undefined }]);
    await turns();
    expect(store.commits[0]?.events[0]).toMatchObject({ actor: 'tester', via: 'api.main' });
  });

  it('refuses what the sender has no right to, whatever the actor is said to be', async () => {
    const { store, writer, start } = setUp();
    await start();
    const answers: CommandReply[] = [];
    const principal = { kind: 'node', name: 'minion-1' } as const;
    for (const actor of ['tester', 'system:node:minion-1']) {
      const command = { ...createConfigMap('a'), actor } as AnyCommand;
      writer.submit([{ command, principal, answer: (reply) => answers.push(reply) }]);
    }
    await turns();
    expect(answers).toMatchObject([
      { ok: false, status: { code: 403, message: expect.stringContaining('may not speak for tester') } },
      { ok: false, status: { code: 403, message: expect.stringContaining('its own Node and Lease only') } },
    ]);
    expect(store.commits).toEqual([]);
  });

  it('refuses a sender whose name would shift the columns of a commit', async () => {
    const { store, writer, start } = setUp();
    await start();
    let answer: CommandReply | undefined;
    const principal = { kind: 'api', name: 'main\u001fapi.other' } as const;
    writer.submit([{ command: createConfigMap('a'), principal, answer: (reply) => (answer = reply) }]);
    await turns();
    expect(answer).toMatchObject({ ok: false, status: { code: 400 } });
    expect(store.commits).toEqual([]);
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
    store.logged.set('old', { id: 'old', first: 1, count: 1 });
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
    const { store, replies, submit, start } = setUp({ recent: new RecentCommands(100, [], false) });
    await start();
    store.logged.set('old', { id: 'old', first: 1, count: 1 });
    await submit(createNamespace('default', 'old'), createNamespace('default', 'new'));
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
    expect(replies.get('c1')).toMatchObject({ ok: false, status: { code: 413 } });
    expect(store.commits).toEqual([]);
  });

  it('makes no commit for a command that changes nothing', async () => {
    const { store, replies, submit, start } = setUp();
    await start();
    await submit(createConfigMap('a', { x: '1' }));
    await store.end();
    await submit(patchConfigMap('a', { x: '1' }, 'c2'));
    expect(replies.get('c2')).toMatchObject({ ok: true, events: 0, position: 2 });
    expect(store.commits).toHaveLength(1);
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

describe('recent commands', () => {
  it('are bounded, and say when they have forgotten some', () => {
    const recent = new RecentCommands(2);
    for (const id of ['a', 'b', 'c']) recent.add(id, { ok: true, position: 1, events: 0 });
    expect(recent.get('a')).toBeUndefined();
    expect(recent.get('c')).toBeDefined();
    expect(recent.mayHaveForgotten).toBe(true);
    expect(new RecentCommands(2).mayHaveForgotten).toBe(false);
  });
});
