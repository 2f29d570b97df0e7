import type { AnyCommand } from '@shiplog/contracts';
import { createConfigMap, createNamespace, deleteConfigMap, freshId, patchConfigMap } from '../testing/commands';
import { RecentCommands } from './recent-commands';
import { LIMITS, namesIn, setUp, SlowStore, turns } from './testing/given-writer';

const conflict = { ok: false, status: { reason: 'AlreadyExists' } };
const forgetful = () => new RecentCommands(LIMITS, [], false);

describe('a command that was refused', () => {
  it('is refused when it comes again, though it could be done by now', async () => {
    const { store, replies, submit, start } = setUp();
    await start();
    await submit(createConfigMap('a', {}, 'c1'));
    await submit(createConfigMap('a', {}, 'c2'));
    await store.end();
    // Its sender repeats it while the commit that the refusal rests on is slow; the name becomes free meanwhile.
    await submit(deleteConfigMap('a', 'c3'));
    await submit(createConfigMap('a', {}, 'c2'));
    await store.end();
    await store.end();
    expect(replies.get('c2')).toMatchObject(conflict);
    replies.clear();
    await submit(createConfigMap('a', {}, 'c2'));
    expect(replies.get('c2')).toMatchObject(conflict);
    expect(store.commits.flatMap(namesIn)).toEqual(['a', 'a']);
  });

  it('is refused by another writer too, and answered only when the log has the refusal', async () => {
    const first = setUp();
    await first.start();
    await first.submit(createNamespace('default', 'c1'));
    expect(first.replies.has('c1')).toBe(false);
    await first.store.end();
    expect(first.replies.get('c1')).toMatchObject(conflict);
    // The other writer's namespace is not there: it would make it.
    const second = setUp({ recent: forgetful(), store: first.store });
    await second.submit(createNamespace('default', 'c1'));
    await second.store.end();
    expect(second.replies.get('c1')).toMatchObject(conflict);
    expect(second.writer.state.size()).toBe(0);
  });

  it('costs no look-up, however many commands the log has', async () => {
    const { store, submit, start } = setUp({ recent: forgetful() });
    await start();
    for (let i = 0; i < 10; i++) await submit(createNamespace('default'));
    for (let i = 0; i < 10; i++) await store.end();
    expect(store.lookUps).toBe(0);
  });
});

describe('a command that changed nothing', () => {
  it('changes nothing when it comes again after a failover', async () => {
    const store = new SlowStore();
    const first = setUp({ store });
    await first.start();
    await first.submit(createConfigMap('a', { n: '3' }));
    await store.end();
    await first.submit(patchConfigMap('a', { n: '3' }, 'same'));
    await store.end();
    expect(first.replies.get('same')).toMatchObject({ ok: true, events: 0, position: 2 });
    const second = setUp({ recent: forgetful(), store });
    await second.submit(
      createNamespace('default', 'ns2'),
      createConfigMap('a', { n: '5' }),
      patchConfigMap('a', { n: '3' }, 'same'),
    );
    for (let i = 0; i < 3; i++) await store.end();
    expect(second.replies.get('same')).toEqual(first.replies.get('same'));
    expect(second.writer.state.get('configmaps', 'default', 'a')?.data).toEqual({ n: '5' });
  });
});

describe('a repetition', () => {
  it('of what is being decided and committed is answered with the first, all of them', async () => {
    const { store, seen, submit, start } = setUp();
    await start();
    const refused = createNamespace('default', 'c2');
    await submit(createConfigMap('a', {}, 'c1'), refused);
    for (let i = 0; i < 20; i++) await submit(createConfigMap('a', {}, 'c1'), refused);
    await store.end();
    expect(seen.filter((item) => item === 'answered c1')).toHaveLength(21);
    expect(seen.filter((item) => item === 'answered c2')).toHaveLength(21);
    expect(store.commits).toHaveLength(1);
  });

  it('of what was turned away has no effect either while it may be on its way', async () => {
    const { store, replies, submit, send, start } = setUp({ aheadBytes: 10 });
    await start();
    await submit(createConfigMap('a', {}, 'c1'));
    await submit(createConfigMap('b', {}, 'c2'));
    expect(replies.get('c2')).toMatchObject({ ok: false, status: { code: 429 } });
    await store.end();
    await submit(createConfigMap('b', {}, 'c2'));
    expect(replies.get('c2')).toMatchObject({ ok: false, status: { code: 429 } });
    // Whoever is delivered again under the same id has heard nothing final.
    await send({ comesAgain: true }, createConfigMap('b', {}, 'c2'));
    await store.end();
    expect(replies.get('c2')).toMatchObject({ ok: true });
  });

  it('of what only the log remembers is looked up with all that come in the same turn', async () => {
    const ids = Array.from({ length: 50 }, (_, i) => `old-${i}`);
    const { store, replies, submit } = setUp({ recent: new RecentCommands(LIMITS, ids) });
    for (const id of ids) store.logged.set(id, { ok: true, position: 1, events: 1 });
    await submit(...ids.map((id) => createNamespace('any', id)));
    expect(replies.size).toBe(50);
    expect(store.lookUps).toBe(1);
  });
});

describe('dry runs', () => {
  it('leave nothing behind: no row, no memory', async () => {
    const recent = new RecentCommands(LIMITS);
    const { store, replies, submit, start } = setUp({ recent, maxDataBytes: 1_000_000 });
    await start();
    const before = recent.bytes;
    for (let i = 0; i < 50; i++) {
      const command = createConfigMap('a', { a: 'x'.repeat(100_000) }, `dry-${i}`);
      await submit({ ...command, data: { ...command.data, dryRun: true } } as AnyCommand);
      expect(replies.get(`dry-${i}`)).toMatchObject({ ok: true, events: 0, object: { kind: 'ConfigMap' } });
    }
    expect(store.commits).toEqual([]);
    expect(recent.bytes).toBe(before);
  });
});

describe('what decides on a dropped state', () => {
  it('is decided again with it, a refusal too', async () => {
    const { store, replies, submit, start } = setUp({ recent: forgetful() });
    await start();
    store.logged.set('old', { ok: true, position: 1, events: 1 });
    await submit(createConfigMap('x', {}, 'old'));
    // Refused because of an object that will never have been there.
    await submit(createConfigMap('x', {}, 'c1'));
    await store.end('repeated-command');
    await store.end();
    expect(replies.get('c1')).toMatchObject({ ok: true, position: 2 });
  });

  it('is not decided again for ever when the log does not find the command that it says it has', async () => {
    const { store, replies, submit, start } = setUp();
    await start();
    store.wedged.add('bad');
    await submit(createConfigMap('a', {}, 'c1'), createConfigMap('b', {}, 'bad'), createConfigMap('c', {}, 'c3'));
    await submit(createNamespace('default', 'c4'));
    for (let i = 0; i < 6; i++) await store.end();
    expect(replies.get('bad')).toMatchObject({
      ok: false,
      status: { code: 500, message: expect.stringContaining('bad') as string },
    });
    expect(replies.get('c1')).toMatchObject({ ok: true });
    expect(replies.get('c3')).toMatchObject({ ok: true });
    expect(replies.get('c4')).toMatchObject(conflict);
    await submit(createConfigMap('d', {}, 'c5'));
    await store.end();
    expect(replies.get('c5')).toMatchObject({ ok: true });
  });
});

describe('ids', () => {
  it('of a form that is a controller’s are not taken by the refusal of somebody else', async () => {
    const { store, replies, submit, send, start } = setUp();
    await start();
    const pod = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } };
    const data = { resource: 'configmaps', namespace: 'default', object: pod };
    const command = (actor: string) => ({ id: 'rc.u.1.0', type: 'CreateObject', actor, data }) as AnyCommand;
    await submit(command('admin'));
    expect(replies.get('rc.u.1.0')).toMatchObject({ ok: false, status: { code: 403 } });
    await send({ principal: { kind: 'controller', name: 'main' } }, command('system:shiplog:controller'));
    await store.end();
    expect(replies.get('rc.u.1.0')).toMatchObject({ ok: true });
  });
});

describe('reasons', () => {
  it.each(['cause', 'basis'])('that are not in the log are refused: %s', async (field) => {
    const { store, replies, submit, start } = setUp();
    await start();
    await submit({ ...createConfigMap('a', {}, 'c1'), [field]: 2 } as AnyCommand);
    await store.end();
    expect(replies.get('c1')).toMatchObject({
      ok: false,
      status: { code: 400, message: `${field} is 2, which is beyond the end of the log at 1` },
    });
    await submit({ ...createConfigMap('a', {}, freshId()), [field]: 1 } as AnyCommand);
    await store.end();
    expect(store.commits.flatMap(namesIn)).toEqual(['a']);
    await turns();
  });

  it('that are not in the log are refused of each pod that a kubelet reports', async () => {
    const { replies, submit, start, store } = setUp();
    await start();
    const ref = { namespace: 'default', name: 'p', uid: 'u', status: {} };
    const report = (id: string, pod: object) =>
      ({
        id,
        type: 'ReportPods',
        actor: 'system:node:n1',
        data: { node: 'n1', pods: [{ ...ref, ...pod }] },
      }) as AnyCommand;
    await submit(report('r1', { cause: 2 }));
    await store.end();
    await submit(report('r2', { cause: 1, containers: { web: 3 } }));
    await store.end();
    const message = (position: number) => `the cause of p is ${position}, which is beyond the end of the log at 1`;
    expect(replies.get('r1')).toMatchObject({ ok: false, status: { code: 400, message: message(2) } });
    expect(replies.get('r2')).toMatchObject({ ok: false, status: { code: 400, message: message(3) } });
  });
});
