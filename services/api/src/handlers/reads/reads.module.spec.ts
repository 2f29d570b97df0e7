import { Catalog } from '@shiplog/apimachinery';
import { servedApi } from '@shiplog/representation';
import type { TestingModule } from '@nestjs/testing';
import type { StoredObject } from '@shiplog/contracts';
import type { BodyAnswer } from '../../rest/answer';
import type { ResourceRequest } from '../../rest/request';
import { parsePath, type ResourceTarget } from '../../rest/request-info';
import { testConfig, testingModule, clusterOf } from '../../testing/api-testing';
import { ReadHandler } from './read-handler';
import { ReadsModule } from './reads.module';

const pod = (name: string, app = name): StoredObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    namespace: 'default',
    uid: name,
    resourceVersion: '3',
    creationTimestamp: '2026-01-01T00:00:00Z',
    labels: { app },
  },
});

/** What the journal remembers of a pod that the projection no longer has in that version. */
const asked: unknown[] = [];
const bus = {
  ask: ({ name }: { name: string }, ask: unknown) => {
    asked.push({ name, ask });
    return Promise.resolve({ object: pod('web', 'then') });
  },
};

describe('ReadsModule', () => {
  const { config, remove } = testConfig();
  let module: TestingModule;
  let reads: ReadHandler;
  beforeAll(async () => {
    const cluster = clusterOf([pod('web'), pod('db'), pod('web-2', 'web')]);
    module = await testingModule([ReadsModule], { bus: bus as never, config, cluster }).compile();
    await module.init();
    reads = module.get(ReadHandler);
  });
  afterAll(async () => {
    await module.close();
    remove();
  });

  const request = (path: string, query: ResourceRequest['query'] = {}): ResourceRequest => {
    const target = parsePath(path, servedApi(Catalog.builtIn)) as ResourceTarget;
    const verb = target.name === undefined ? 'list' : 'get';
    const user = { name: 'admin', uid: '1', groups: [] };
    return { target, verb, query, user, accept: undefined, contentType: undefined, body: undefined };
  };
  const json = (answer: unknown): unknown => JSON.parse((answer as BodyAnswer).body.toString());

  it('answers get with the object, and 404 where there is none', async () => {
    expect(json(await reads.get(request('/api/v1/namespaces/default/pods/web')))).toEqual(pod('web'));
    await expect(reads.get(request('/api/v1/namespaces/default/pods/none'))).rejects.toThrow('pods "none" not found');
  });

  it('answers list by name, selected, in the version of the projection', async () => {
    const list = await reads.list(request('/api/v1/namespaces/default/pods', { labelSelector: 'app=web' }));
    expect(json(list)).toMatchObject({
      kind: 'PodList',
      metadata: { resourceVersion: '7' },
      items: [{ metadata: { name: 'web' } }, { metadata: { name: 'web-2' } }],
    });
  });

  it('asks the journal for what was', async () => {
    const query = { resourceVersion: '2', resourceVersionMatch: 'Exact' };
    const then = await reads.get(request('/api/v1/namespaces/default/pods/web', query));
    expect(json(then)).toMatchObject({ metadata: { labels: { app: 'then' } } });
    expect(asked).toEqual([
      { name: 'object', ask: { key: { resource: 'pods', namespace: 'default', name: 'web' }, at: 2 } },
    ]);
  });

  it('does not wait for ever for what is to come', async () => {
    const query = { resourceVersion: '9' };
    await expect(reads.get(request('/api/v1/namespaces/default/pods/web', query))).rejects.toThrow(
      'Too large resource version: 9, current: 7',
    );
  });
});
