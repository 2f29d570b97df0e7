import { Rig } from './testing/rig';
import { configMap } from './testing/steps';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(async () => {
  await rig?.stop();
});

describe('HTTP', () => {
  const path = '/api/v1/namespaces/default/configmaps';

  it('refuses, warns of or ignores a field that it does not know, as it is asked to', async () => {
    const body = { ...configMap('validated'), colour: 'red' };
    const create = (how: string) => rig.http('POST', `${path}?dryRun=All&fieldValidation=${how}`, body);
    const strict = await create('Strict');
    expect(strict.code).toBe(400);
    expect(strict.body).toMatch(/strict decoding error: unknown field \\"colour\\"/);
    const warned = await create('Warn');
    expect(warned.code).toBe(201);
    expect(warned.headers.warning).toMatch(/299 - "unknown field \\"colour\\""/);
    const ignored = await create('Ignore');
    expect(ignored.code).toBe(201);
    expect(ignored.headers.warning).toBeUndefined();
    expect((await rig.http('GET', `${path}/validated`)).code).toBe(404);
  });

  it('wants to know who asks, but for health and version', async () => {
    const anonymous = { authorization: '' };
    expect((await rig.http('GET', '/api/v1/pods', undefined, anonymous)).code).toBe(403);
    expect((await rig.http('GET', '/openapi/v3', undefined, anonymous)).code).toBe(403);
    for (const open of ['/healthz', '/livez', '/readyz', '/version']) {
      expect((await rig.http('GET', open, undefined, anonymous)).code).toBe(200);
    }
    expect((await rig.http('GET', '/readyz?verbose', undefined, anonymous)).body).toMatch(/\[\+\]ping ok/);
    expect((await rig.http('GET', '/readyz/journal', undefined, anonymous)).code).toBe(403);
    expect((await rig.http('GET', '/readyz/journal')).body).toBe('ok');
  });

  it.each<[string, string, string, unknown, Record<string, string>, number, RegExp]>([
    [
      'a name that is no text',
      'PUT',
      '/api/v1/namespaces/default',
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: { toString: 1 } } },
      {},
      400,
      /metadata.name/,
    ],
    [
      'broken JSON',
      'POST',
      path,
      '{',
      {},
      400,
      /couldn't get version\/kind; json parse error: unexpected end of JSON input/,
    ],
    ['too much', 'POST', path, 'x'.repeat(3 * 1024 * 1024 + 1), {}, 413, /too large/],
    [
      'a path that is not served',
      'GET',
      '/api/v1/deployments',
      undefined,
      {},
      404,
      /could not find the requested resource/,
    ],
    ['a broken path', 'GET', '/api/v1/nodes/%zz', undefined, {}, 400, /malformed/],
    ['a verb that is not offered', 'PUT', path, {}, {}, 405, /does not allow this method/],
    ['a body of unknown type', 'POST', path, 'x', { 'content-type': 'text/html' }, 415, /accepted media types/],
    ['a patch of unknown type', 'PATCH', `${path}/x`, '{}', {}, 415, /json-patch\+json/],
    ['an answer of unknown type', 'GET', path, undefined, { accept: 'text/html' }, 406, /application\/json/],
    [
      'a version of the future',
      'GET',
      `${path}?resourceVersion=99999999`,
      undefined,
      {},
      504,
      /Too large resource version/,
    ],
    ['a made-up continue token', 'GET', `${path}?continue=x`, undefined, {}, 400, /continue key is not valid/],
    [
      'an object without a name',
      'POST',
      path,
      { apiVersion: 'v1', kind: 'ConfigMap' },
      {},
      422,
      /name or generateName is required/,
    ],
  ])('answers %s with a Status', async (_, method, url, body, headers, code, message) => {
    const answer = await rig.http(method, url, body, headers);
    expect(answer.code).toBe(code);
    expect(JSON.parse(answer.body)).toMatchObject({
      kind: 'Status',
      status: 'Failure',
      code,
      message: expect.stringMatching(message) as string,
    });
  });

  it('pages a list in the state of its first page', async () => {
    for (const name of ['page-1', 'page-2', 'page-3']) await rig.http('POST', path, configMap(name, { paged: '' }));
    interface List {
      metadata: { continue?: string; resourceVersion: string; remainingItemCount?: number };
      items: { metadata: { name: string } }[];
    }
    const page = async (query: string): Promise<List> =>
      JSON.parse((await rig.http('GET', `${path}?${query}`)).body) as List;
    const first = await page('limit=2&labelSelector=paged');
    await rig.http('DELETE', `${path}/page-3`);
    const second = await page(`limit=2&labelSelector=paged&continue=${first.metadata.continue ?? ''}`);
    expect(second.items.map((item) => item.metadata.name)).toEqual(['page-3']);
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    expect((await page('limit=2&labelSelector=paged')).metadata.continue).toBeUndefined();
    const then = await page(
      `resourceVersion=${first.metadata.resourceVersion}&resourceVersionMatch=Exact&labelSelector=paged`,
    );
    expect(then.items).toHaveLength(3);
  });

  it('reads one object as it was', async () => {
    const created = JSON.parse((await rig.http('POST', path, { ...configMap('was'), data: { a: 'then' } })).body) as {
      metadata: { resourceVersion: string };
    };
    await rig.http('PATCH', `${path}/was`, { data: { a: 'now' } }, { 'content-type': 'application/merge-patch+json' });
    await rig.http('DELETE', `${path}/was`);
    const version = created.metadata.resourceVersion;
    const answer = await rig.http('GET', `${path}/was?resourceVersion=${version}&resourceVersionMatch=Exact`);
    expect(JSON.parse(answer.body)).toMatchObject({ data: { a: 'then' }, metadata: { resourceVersion: version } });
  });

  it('watches from before its window, out of the journal', async () => {
    await rig.stopService('api');
    rig.startApi({ WATCH_WINDOW: '16' });
    await rig.ready();
    const first = JSON.parse((await rig.http('POST', path, configMap('old-0'))).body) as {
      metadata: { resourceVersion: string };
    };
    for (let i = 1; i <= 60; i++) await rig.http('POST', path, configMap(`old-${i}`));
    const since = first.metadata.resourceVersion;
    const { body } = await rig.http('GET', `${path}?watch=1&timeoutSeconds=1&resourceVersion=${since}`);
    const names = body
      .trim()
      .split('\n')
      .map((text) => (JSON.parse(text) as { object: { metadata: { name: string } } }).object.metadata.name);
    expect(names).toEqual(Array.from({ length: 60 }, (_, index) => `old-${index + 1}`));
  });

  it('shows every watcher what a list shows, whatever happens meanwhile', async () => {
    const labels = (i: number): object => ({ churn: 'yes', side: i % 2 === 0 ? 'even' : 'odd' });
    const queries = [
      '',
      '&labelSelector=side%3Deven',
      '&fieldSelector=metadata.name%3Dchurn-3',
      '&sendInitialEvents=true&resourceVersionMatch=NotOlderThan',
    ];
    const start = JSON.parse((await rig.http('GET', `${path}?limit=1`)).body) as {
      metadata: { resourceVersion: string };
    };
    const since = start.metadata.resourceVersion;
    const watches = queries.map((query) =>
      rig.http('GET', `${path}?watch=1&timeoutSeconds=4&resourceVersion=${since}${query}`),
    );
    const merge = { 'content-type': 'application/merge-patch+json' };
    await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        await rig.http('POST', path, configMap(`churn-${i}`, labels(i)));
        await rig.http('PATCH', `${path}/churn-${i}`, { data: { i: String(i) } }, merge);
        if (i % 3 === 0)
          await rig.http('PATCH', `${path}/churn-${i}`, { metadata: { labels: { side: 'even' } } }, merge);
        if (i % 4 === 0)
          await rig.http('PATCH', `${path}/churn-${i}`, { metadata: { labels: { side: 'odd' } } }, merge);
        if (i % 5 === 0) await rig.http('DELETE', `${path}/churn-${i}`);
      }),
    );
    interface Item {
      metadata: { name: string; resourceVersion: string };
    }
    for (const [index, query] of queries.entries()) {
      const seen = new Map<string, string>();
      for (const text of (await watches[index])?.body.trim().split('\n') ?? []) {
        const { type, object } = JSON.parse(text) as { type: string; object: Item };
        if (type === 'DELETED') seen.delete(object.metadata.name);
        else seen.set(object.metadata.name, object.metadata.resourceVersion);
      }
      const list = JSON.parse((await rig.http('GET', `${path}?${query.replace(/&send.*/, '')}`)).body) as {
        items: Item[];
      };
      const churned = ([name]: [string, string]): boolean => name.startsWith('churn-');
      const listed = list.items.map(({ metadata }): [string, string] => [metadata.name, metadata.resourceVersion]);
      expect([...seen].filter(churned).sort()).toEqual(listed.filter(churned).sort());
    }
  });

  it('begins a streaming list with what is there, marked with a bookmark', async () => {
    const query =
      'watch=1&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const { body } = await rig.http('GET', `/api/v1/namespaces?${query}`);
    const lines = body
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as { type: string; object: { metadata: object } });
    expect(lines.slice(0, 4).every((line) => line.type === 'ADDED')).toBe(true);
    expect(lines.find((line) => line.type === 'BOOKMARK')?.object.metadata).toMatchObject({
      annotations: { 'k8s.io/initial-events-end': 'true' },
    });
  });

  it('serves OpenAPI as JSON and as protobuf', async () => {
    const index = JSON.parse((await rig.http('GET', '/openapi/v3')).body) as {
      paths: Record<string, { serverRelativeURL: string }>;
    };
    const core = await rig.http('GET', index.paths['api/v1']?.serverRelativeURL ?? '');
    expect(JSON.parse(core.body)).toMatchObject({ openapi: '3.0.0' });
    const type = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
    const protobuf = await rig.http('GET', '/openapi/v2', undefined, { accept: type });
    expect(protobuf.headers['content-type']).toBe(type.replace('@', '.'));
  });
});
