import type { Bus } from '@shiplog/bus';
import {
  CommandQuery,
  EventsQuery,
  HistoryQuery,
  ObjectQuery,
  PositionQuery,
  StateQuery,
  type AnyCommand,
} from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { createConfigMap, createNamespace, freshId, patchConfigMap } from './testing/commands';
import { TestJournals } from './testing/journals';

const GROUP = 'rbac.authorization.k8s.io';
const OWN = { resource: 'configmaps', namespace: 'default', name: 'own' } as const;
const SECRET = { resource: 'secrets', namespace: 'default', name: 's' } as const;

let parts: TestJournals;
let admin: Bus;
let ann: Bus;

beforeAll(async () => {
  parts = await TestJournals.start();
  await parts.journal('main');
  admin = await parts.nats.bus('admin', { role: 'user', name: 'admin' });
  ann = await parts.nats.bus('ann', { role: 'user', name: 'ann' });
  for (const namespace of ['default', 'other']) await admin.command(createNamespace(namespace));
  await admin.command(createConfigMap('own', { a: 'b' }));
  await inDefault('secrets', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { a: 'eA==' } });
  const rules = [{ verbs: ['get', 'create', 'patch'], apiGroups: [''], resources: ['configmaps'] }];
  await inDefault(`roles.${GROUP}`, { apiVersion: `${GROUP}/v1`, kind: 'Role', metadata: { name: 'r' }, rules });
  await inDefault(`rolebindings.${GROUP}`, {
    apiVersion: `${GROUP}/v1`,
    kind: 'RoleBinding',
    metadata: { name: 'ann' },
    roleRef: { apiGroup: GROUP, kind: 'Role', name: 'r' },
    subjects: [{ apiGroup: GROUP, kind: 'User', name: 'ann' }],
  });
});
afterAll(() => parts?.stop());

const inDefault = (resource: string, object: object): Promise<void> =>
  asAdmin('CreateObject', { resource, namespace: 'default', object });

async function asAdmin(type: AnyCommand['type'], data: object): Promise<void> {
  const reply = await admin.command({ id: freshId(), actor: 'admin', type, data } as AnyCommand);
  if (!reply.ok) throw new Error(reply.status.message);
}

const byAnn = (command: AnyCommand): AnyCommand => ({ ...command, actor: 'ann' });
const removeSecret = (): AnyCommand => ({ id: freshId(), actor: 'ann', type: 'DeleteObject', data: SECRET });
const FORBIDDEN = { ok: false, status: { code: 403, reason: 'Forbidden' } };

describe('a user of NATS who may read and make ConfigMaps of one namespace', () => {
  it('does that', async () => {
    expect(await ann.command(byAnn(createConfigMap('new')))).toMatchObject({ ok: true });
    expect(await ann.command(byAnn(patchConfigMap('own', { a: 'c' })))).toMatchObject({ ok: true });
    expect((await ann.ask(ObjectQuery, { key: OWN })).object?.metadata.name).toBe('own');
    expect((await ann.ask(HistoryQuery, { key: OWN })).events).toHaveLength(2);
    expect((await ann.ask(PositionQuery, {})).position).toBeGreaterThan(5);
  });

  it.each<[string, () => AnyCommand]>([
    [
      'makes one elsewhere',
      () => ({ ...createConfigMap('x'), data: { ...createConfigMap('x').data, namespace: 'other' } }) as AnyCommand,
    ],
    ['makes a namespace', () => createNamespace('mine')],
    ['removes a Secret', removeSecret],
    ['says in which groups it is', () => ({ ...removeSecret(), user: { groups: ['system:masters'] } })],
    [
      'removes all of a kind',
      () => ({
        id: freshId(),
        actor: 'ann',
        type: 'DeleteCollection',
        data: { resource: 'configmaps', namespace: 'default' },
      }),
    ],
    [
      'gives itself more',
      () => ({
        id: freshId(),
        actor: 'ann',
        type: 'PatchObject',
        data: { resource: `roles.${GROUP}`, namespace: 'default', name: 'r', patchType: 'merge', patch: { rules: [] } },
      }),
    ],
  ])('is refused when it %s', async (_, command) => {
    expect(await ann.command(byAnn(command()))).toMatchObject(FORBIDDEN);
  });

  it('is refused what it sends under another name', async () => {
    expect(await ann.command({ ...removeSecret(), actor: 'admin' })).toMatchObject(FORBIDDEN);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['a Secret', () => ann.ask(ObjectQuery, { key: SECRET })],
    ['a Secret as it was', () => ann.ask(ObjectQuery, { key: SECRET, at: 4 })],
    ["a Secret's history", () => ann.ask(HistoryQuery, { key: SECRET })],
    ['all history', () => ann.ask(HistoryQuery, {})],
    ['ConfigMaps of all namespaces', () => ann.ask(EventsQuery, { channels: [{ resource: 'configmaps' }], after: 0 })],
    ['all events', () => ann.ask(EventsQuery, { after: 0 })],
    ['the answer to somebody else’s command', () => ann.ask(CommandQuery, { id: 'x' })],
  ])('is not told of %s', async (_, ask) => {
    await expect(ask()).rejects.toMatchObject({ status: { code: 403, reason: 'Forbidden' } });
  });

  it('is not told the state', async () => {
    const read = async (): Promise<void> => {
      for await (const _chunk of ann.stream(StateQuery, { channels: [{ resource: 'secrets' }], at: 4 }, {})) break;
    };
    await expect(read()).rejects.toMatchObject({ status: { code: 403 } });
  });

  it('is refused what it left to be decided later, when its right is gone by then', async () => {
    const id = freshId();
    await admin.command({
      id: freshId(),
      actor: 'admin',
      type: 'DeleteObject',
      data: { resource: `rolebindings.${GROUP}`, namespace: 'default', name: 'ann' },
    });
    await eventually(() => ann.commandLater(byAnn(createConfigMap('late', {}, id))).then(() => true));
    const answer = await eventually(async () => (await admin.ask(CommandQuery, { id })).reply);
    expect(answer).toMatchObject(FORBIDDEN);
  });
});

describe('a namespace that was made again', () => {
  const key = { resource: 'configmaps', namespace: 'again', name: 'x' } as const;
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } };
  const rights = {
    apiVersion: `${GROUP}/v1`,
    kind: 'RoleBinding',
    metadata: { name: 'ann' },
    roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: 'maps' },
    subjects: [{ apiGroup: GROUP, kind: 'User', name: 'ann' }],
  };
  /** Where the log stood when the one before it was whole. */
  let then = 0;
  beforeAll(async () => {
    const rules = [{ verbs: ['get'], apiGroups: [''], resources: ['configmaps'] }];
    const role = { apiVersion: `${GROUP}/v1`, kind: 'ClusterRole', metadata: { name: 'maps' }, rules };
    await asAdmin('CreateObject', { resource: `clusterroles.${GROUP}`, namespace: '', object: role });
    await admin.command(createNamespace('again'));
    await asAdmin('CreateObject', { resource: 'configmaps', namespace: 'again', object });
    const madeAt = Date.now();
    then = (await admin.ask(PositionQuery, {})).position;
    await asAdmin('DeleteObject', key);
    const namespace = { resource: 'namespaces', namespace: '', name: 'again' };
    await asAdmin('DeleteObject', namespace);
    const finalized = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'again' }, spec: { finalizers: [] } };
    await asAdmin('ReplaceObject', { ...namespace, subresource: 'finalize', object: finalized });
    // Objects tell seconds.
    await eventually(() => Date.now() > madeAt + 1_100);
    await admin.command(createNamespace('again'));
    await asAdmin('CreateObject', { resource: `rolebindings.${GROUP}`, namespace: 'again', object: rights });
    await asAdmin('CreateObject', { resource: 'configmaps', namespace: 'again', object });
  });

  it('is told of to who may read that one alone, and not what was in the one before it', async () => {
    expect((await ann.ask(ObjectQuery, { key })).object?.metadata.name).toBe('x');
    expect((await ann.ask(ObjectQuery, { key, at: then })).object).toBeNull();
    expect((await ann.ask(HistoryQuery, { key })).events).toHaveLength(1);
  });

  it('is told of with the one before it to who may read all', async () => {
    expect((await admin.ask(ObjectQuery, { key, at: then })).object?.metadata.name).toBe('x');
    expect((await admin.ask(HistoryQuery, { key })).events).toHaveLength(3);
  });
});
