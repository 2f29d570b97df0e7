import { Catalog } from '@shiplog/apimachinery';
import { servedApi } from '@shiplog/representation';
import type { TestingModule } from '@nestjs/testing';
import { BusUnavailable } from '@shiplog/bus';
import { ClusterState } from '@shiplog/cluster';
import { StatusError, type AnyCommand, type KubeObject, type StoredObject } from '@shiplog/contracts';
import { ClusterCache } from '../../cache/cluster-cache';
import { WatchCache } from '../../cache/watch-cache';
import type { BodyAnswer } from '../../rest/answer';
import type { ResourceRequest } from '../../rest/request';
import { parsePath, verbOf, type ResourceTarget } from '../../rest/request-info';
import { testConfig, testingModule } from '../../testing/api-testing';
import { MutationHandler } from './mutation-handler';
import { WritesModule } from './writes.module';

const configMap = (version: number, more: object = {}): StoredObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name: 'a',
    namespace: 'default',
    uid: 'u',
    resourceVersion: String(version),
    creationTimestamp: '2026-01-01T00:00:00Z',
    ...more,
  },
});

/** The journal: what it answers commands with, what it remembers, what it was told. */
const journal = {
  reply: {} as object,
  past: new Map<number, StoredObject>(),
  away: false,
  told: [] as AnyCommand[],
};
const bus = {
  command: (command: AnyCommand) => {
    journal.told.push(command);
    return Promise.resolve({ ok: true, events: 1, uid: 'u', key: KEY, ...journal.reply });
  },
  ask: (_: unknown, { at }: { at: number }) =>
    journal.away
      ? Promise.reject(new BusUnavailable('query', 0, 'nobody listens'))
      : Promise.resolve({ position: at, object: journal.past.get(at) ?? null }),
};
const KEY = { resource: 'configmaps', namespace: 'default', name: 'a' } as const;
const PATH = '/api/v1/namespaces/default/configmaps';

describe('WritesModule', () => {
  const { config, remove } = testConfig();
  let state = new ClusterState();
  const projection = {
    position: 7,
    get: (...key: Parameters<ClusterState['get']>) => state.get(...key),
    list: (...key: Parameters<ClusterState['list']>) => state.list(...key),
    waitFor: () => Promise.reject(new Error('nothing more comes')),
  };
  const cluster = { isOpen: true, projection: projection as unknown as ClusterCache['projection'] };
  let module: TestingModule;
  let mutations: MutationHandler;
  beforeEach(async () => {
    state = new ClusterState();
    Object.assign(journal, { reply: {}, past: new Map(), away: false, told: [] });
    module = await testingModule([WritesModule], { bus: bus as never, config, cluster }).compile();
    await module.init();
    mutations = module.get(MutationHandler);
  });
  afterEach(() => module.close());
  afterAll(remove);

  const request = (
    method: string,
    path: string,
    body: object,
    more: Partial<ResourceRequest> = {},
  ): ResourceRequest => {
    const target = parsePath(path, servedApi(Catalog.builtIn)) as ResourceTarget;
    const verb = verbOf(method, target, false);
    if (verb === undefined) throw new Error('no verb');
    const user = { name: 'admin', uid: '1', groups: [] };
    const bytes = Buffer.from(JSON.stringify(body));
    return { target, verb, query: {}, user, accept: undefined, contentType: undefined, body: bytes, ...more };
  };
  const create = (body: object = { metadata: { name: 'a' } }, more?: Partial<ResourceRequest>) =>
    mutations.create(request('POST', PATH, body, more));
  const update = (body: object = { metadata: { name: 'a' } }, more?: Partial<ResourceRequest>) =>
    mutations.update(request('PUT', `${PATH}/a`, body, more));
  const shown = async (answer: Promise<unknown>): Promise<[number, KubeObject]> => {
    const { code, body } = (await answer) as BodyAnswer;
    return [code, JSON.parse(body.toString()) as KubeObject];
  };
  /** The window has heard of changes up to the projection's position. */
  const heard = (...changes: { position: number; before?: StoredObject; after?: StoredObject }[]): void => {
    const watchCache = module.get(WatchCache);
    watchCache.begin(0);
    for (const { position, before, after } of changes) {
      watchCache.applied([{ event: { resource: 'configmaps', position } as never, before, after }]);
    }
  };

  it('answers a create with the object as created, though it is gone by then', async () => {
    journal.reply = { position: 5 };
    heard({ position: 5, after: configMap(5) }, { position: 7, before: configMap(5) });
    expect(await shown(create())).toEqual([201, configMap(5)]);
  });

  it('warns of what is allowed and hardly meant, at a creation and not at a change', async () => {
    const spec = { containers: [{ name: 'c', image: 'i', resources: { requests: { memory: '100m' } } }] };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { ...configMap(5).metadata, name: 'p' }, spec };
    journal.reply = { position: 5, key: { resource: 'pods', namespace: 'default', name: 'p' }, object: pod };
    const path = '/api/v1/namespaces/default/pods';
    const warnings = async (answer: Promise<unknown>) => ((await answer) as { headers?: object }).headers;
    expect(await warnings(mutations.create(request('POST', path, pod)))).toEqual({
      warning:
        '299 - "spec.containers[0].resources.requests[memory]: fractional byte value \\"100m\\" is invalid, must be an integer"',
    });
    expect(await warnings(mutations.update(request('PUT', `${path}/p`, pod)))).toBeUndefined();
  });

  it('asks the journal for what has left the window', async () => {
    journal.reply = { position: 5 };
    journal.past.set(5, configMap(5));
    expect(await shown(create())).toEqual([201, configMap(5)]);
  });

  it('answers an update with its own version, though another one came after it', async () => {
    journal.reply = { position: 5 };
    state.put('configmaps', configMap(7));
    heard({ position: 5, after: configMap(5) }, { position: 7, before: configMap(5), after: configMap(7) });
    expect(await shown(update())).toEqual([200, configMap(5)]);
  });

  it('does not take the window for newer than it is', async () => {
    journal.reply = { position: 7 };
    journal.past.set(7, configMap(7));
    heard({ position: 5, after: configMap(5) });
    expect(await shown(update())).toEqual([200, configMap(7)]);
  });

  it('answers the update that removes the last finalizer with the object that it let go', async () => {
    journal.reply = { position: 7, object: configMap(5) };
    expect(await shown(update())).toEqual([200, configMap(5)]);
  });

  it('knows what was let go also when the answer is one from the log, which holds no object', async () => {
    journal.reply = { position: 7 };
    const held = configMap(5, { finalizers: ['example.org/wait'] });
    heard({ position: 5, after: held }, { position: 7, before: held });
    expect(await shown(update())).toEqual([200, configMap(5)]);
    heard();
    journal.past.set(6, held);
    expect(await shown(update())).toEqual([200, configMap(5)]);
  });

  it('shows a later version rather than none, and says what happened when there is none', async () => {
    journal.reply = { position: 5 };
    journal.away = true;
    state.put('configmaps', configMap(7));
    expect(await shown(update())).toEqual([200, configMap(7)]);
    state.remove('configmaps', 'default', 'a');
    await expect(update()).rejects.toThrow(/the request took effect \(resourceVersion 5\)/);
  });

  it('confirms a delete by the object that waits, or that none is left', async () => {
    journal.reply = { position: 7 };
    const remove = () => mutations.delete(request('DELETE', `${PATH}/a`, {}));
    heard({ position: 7, before: configMap(5) });
    expect(await shown(remove())).toMatchObject([200, { kind: 'Status', status: 'Success' }]);
    const waiting = configMap(7, { deletionTimestamp: '2026-01-01T00:00:00Z' });
    state.put('configmaps', waiting);
    expect(await shown(remove())).toEqual([200, waiting]);
  });

  it.each<[string, number, () => Promise<unknown>]>([
    ['an answer that can not be made', 406, () => create(undefined, { accept: 'text/html' })],
    [
      'a view that is none',
      406,
      () => create(undefined, { accept: 'application/json;as=constructor;v=v1;g=meta.k8s.io' }),
    ],
    ['rows with what is unheard of', 400, () => create(undefined, { query: { includeObject: 'bogus' } })],
    ['a dry run of something else', 422, () => create(undefined, { query: { dryRun: 'Some' } })],
    ['a validation that is none', 422, () => create(undefined, { query: { fieldValidation: 'Lax' } })],
    ['a media type that is none', 415, () => create(undefined, { contentType: 'json' })],
    ['a media type that objects have', 415, () => create(undefined, { contentType: 'constructor' })],
    [
      'a patch type that objects have',
      415,
      () => mutations.patch(request('PATCH', `${PATH}/a`, {}, { contentType: '__proto__' })),
    ],
    ['an update without a name', 400, () => update({ metadata: {} })],
    ['an update of another name', 400, () => update({ metadata: { name: 'b' } })],
    [
      'deletion options of another type',
      415,
      () => mutations.delete(request('DELETE', `${PATH}/a`, {}, { contentType: 'x' })),
    ],
    [
      'a preconditon that is none',
      400,
      () => mutations.delete(request('DELETE', `${PATH}/a`, { preconditions: { uid: 1 } })),
    ],
    ['a binding of another pod', 400, () => bind({ metadata: { name: 'b' }, target: { name: 'n1' } })],
    [
      'a binding whose answer can not be made',
      406,
      () => bind({ metadata: { name: 'a' }, target: { name: 'n1' } }, 'text/html'),
    ],
    ['an eviction of another pod', 400, () => evict({ metadata: { name: 'b' } })],
    ['an eviction that is something else', 400, () => evict({ kind: 'Binding', metadata: { name: 'a' } })],
    [
      'an eviction without its kind of options',
      400,
      () => evict({ metadata: { name: 'a' }, deleteOptions: { gracePeriodSeconds: 'x' } }),
    ],
    ['an eviction whose answer can not be made', 406, () => evict({ metadata: { name: 'a' } }, 'text/html')],
  ])('refuses %s before anything is sent', async (_, code, attempt) => {
    const failure: unknown = await attempt().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StatusError);
    expect((failure as StatusError).status.code).toBe(code);
    expect(journal.told).toEqual([]);
  });
  const bind = (body: object, accept?: string) =>
    mutations.create(request('POST', '/api/v1/namespaces/default/pods/a/binding', body, { accept }));

  const evict = (body: object, accept?: string, query = {}) =>
    mutations.create(request('POST', '/api/v1/namespaces/default/pods/a/eviction', body, { accept, query }));

  it('asks for an eviction with the options that are in it', async () => {
    journal.reply = { position: 7 };
    const deleteOptions = { gracePeriodSeconds: 3, preconditions: { uid: 'u' } };
    const eviction = { apiVersion: 'policy/v1beta1', kind: 'Eviction', metadata: { name: 'a' }, deleteOptions };
    expect((await shown(evict(eviction)))[0]).toBe(201);
    await evict({ metadata: { name: 'a' } }, undefined, { dryRun: 'All' });
    expect(journal.told).toMatchObject([
      { type: 'EvictPod', data: { namespace: 'default', name: 'a', ...deleteOptions } },
      { type: 'EvictPod', data: { namespace: 'default', name: 'a', dryRun: true } },
    ]);
  });

  it('takes a body of no stated type for JSON', async () => {
    journal.reply = { position: 7, object: configMap(7) };
    expect((await shown(create(undefined, { contentType: '' })))[0]).toBe(201);
  });
});
