import { connect } from 'node:tls';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@shiplog/testing';
import { Rig, TOKEN, type HttpAnswer } from './testing/rig';
import { configMap } from './testing/steps';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
  for (const name of ['a', 'b', 'c', 'd']) await create('default', name, { set: 'yes', name });
  await create('kube-public', 'e', { set: 'yes' });
});
afterAll(async () => {
  await rig?.stop();
});

interface Meta {
  name: string;
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
}
interface Answered {
  kind: string;
  apiVersion: string;
  code?: number;
  reason?: string;
  message?: string;
  details?: { retryAfterSeconds?: number; causes?: { reason: string }[] };
  metadata: Meta;
  items: { metadata: Meta }[];
}
const json = ({ body }: HttpAnswer): Answered => JSON.parse(body) as Answered;
const maps = '/api/v1/namespaces/default/configmaps';
const set = 'labelSelector=set';
const namesOf = (answer: HttpAnswer) => json(answer).items.map(({ metadata }) => metadata.name);

async function create(namespace: string, name: string, labels: Record<string, string> = {}): Promise<Answered> {
  const answer = await rig.http('POST', `/api/v1/namespaces/${namespace}/configmaps`, configMap(name, labels));
  expect(answer.code).toBe(201);
  return json(answer);
}

/** The events that a watch sends until it ends or enough are there. */
async function watch(
  path: string,
  enough = Infinity,
  accept = 'application/json',
): Promise<{ type: string; object: Answered }[]> {
  const socket = connect({ port: rig.port, host: '127.0.0.1', ca: readFileSync(join(rig.directory, 'ca.pem')) });
  let text = '';
  await new Promise<void>((resolve, reject) => {
    socket.on('secureConnect', () =>
      socket.write(
        `GET ${path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${TOKEN}\r\naccept: ${accept}\r\nconnection: close\r\n\r\n`,
      ),
    );
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (linesOf(text).length >= enough) resolve();
    });
    socket.on('end', resolve);
    socket.on('error', reject);
  });
  socket.destroy();
  return linesOf(text).map((line) => JSON.parse(line) as { type: string; object: Answered });
}
const linesOf = (text: string): string[] => text.split(/\r?\n/).filter((line) => line.startsWith('{'));

describe('the versions that a list may be of', () => {
  it.each<[string, () => Promise<string> | string, number, string[] | RegExp]>([
    ['', () => '', 200, ['a', 'b', 'c', 'd']],
    ['any', () => 'resourceVersion=0', 200, ['a', 'b', 'c', 'd']],
    ['any, said twice', () => 'resourceVersion=0&resourceVersionMatch=NotOlderThan', 200, ['a', 'b', 'c', 'd']],
    [
      'no version in particular, exactly',
      () => 'resourceVersion=0&resourceVersionMatch=Exact',
      422,
      /"exact" is forbidden for resourceVersion "0"/,
    ],
    [
      'a match without a version',
      () => 'resourceVersionMatch=Exact',
      422,
      /forbidden unless resourceVersion is provided/,
    ],
    [
      'another match',
      () => 'resourceVersion=1&resourceVersionMatch=Older',
      422,
      /Unsupported value: "Older": supported values: "Exact", "NotOlderThan", ""/,
    ],
    [
      'a version that is none',
      () => 'resourceVersion=abc',
      400,
      /resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax/,
    ],
    [
      'a past version, exactly',
      async () => `resourceVersion=${await versionOf('b')}&resourceVersionMatch=Exact`,
      200,
      ['a', 'b'],
    ],
    ['one not older than', async () => `resourceVersion=${await versionOf('b')}`, 200, ['a', 'b', 'c', 'd']],
    [
      'one not older than, said twice',
      async () => `resourceVersion=${await versionOf('b')}&resourceVersionMatch=NotOlderThan&limit=9`,
      200,
      ['a', 'b', 'c', 'd'],
    ],
    [
      'pages of a past version, without a match',
      async () => `resourceVersion=${await versionOf('b')}&limit=9`,
      200,
      ['a', 'b'],
    ],
    ['a page of any version', () => 'resourceVersion=0&limit=3', 200, ['a', 'b', 'c']],
    [
      'the next page and a version',
      async () => `limit=1&continue=${await tokenOf('limit=1')}&resourceVersion=5`,
      400,
      /specifying resource version is not allowed when using continue/,
    ],
    [
      'the next page and any version',
      async () => `limit=1&continue=${await tokenOf('limit=1')}&resourceVersion=0`,
      200,
      ['b'],
    ],
    [
      'the next page and a match',
      async () => `limit=1&continue=${await tokenOf('limit=1')}&resourceVersionMatch=Exact`,
      422,
      /resourceVersionMatch is forbidden when continue is provided/,
    ],
    ['initial events', () => 'sendInitialEvents=true', 422, /sendInitialEvents is forbidden for list/],
  ])('%s', async (_, query, code, expected) => {
    const answer = await rig.http('GET', `${maps}?${set}&${await query()}`);
    expect({ code: answer.code, body: answer.code === code ? '' : answer.body }).toEqual({ code, body: '' });
    if (Array.isArray(expected)) expect(namesOf(answer)).toEqual(expected);
    else expect(json(answer).message).toMatch(expected);
  });

  async function versionOf(name: string): Promise<string> {
    return json(await rig.http('GET', `${maps}/${name}`)).metadata.resourceVersion;
  }
  async function tokenOf(query: string): Promise<string> {
    return json(await rig.http('GET', `${maps}?${set}&${query}`)).metadata.continue ?? '';
  }

  it('count what remains, of a namespace and of all, but not where a selector chooses', async () => {
    const all = json(await rig.http('GET', `${maps}`)).items.length;
    expect(json(await rig.http('GET', `${maps}?limit=1`)).metadata.remainingItemCount).toBe(all - 1);
    const everywhere = json(await rig.http('GET', '/api/v1/configmaps')).items.length;
    const first = json(await rig.http('GET', '/api/v1/configmaps?limit=2')).metadata;
    expect(first.remainingItemCount).toBe(everywhere - 2);
    const last = await rig.http('GET', `/api/v1/configmaps?continue=${first.continue ?? ''}`);
    expect(namesOf(last)).toHaveLength(everywhere - 2);
    expect(json(last).metadata.continue).toBeUndefined();
    expect(json(await rig.http('GET', `${maps}?limit=1&${set}`)).metadata).not.toHaveProperty('remainingItemCount');
  });

  it('are not of the future', async () => {
    const answer = await rig.http('GET', `${maps}?resourceVersion=99999999`);
    expect(json(answer)).toMatchObject({
      code: 504,
      reason: 'Timeout',
      message: expect.stringMatching(/^Timeout: Too large resource version: 99999999, current: \d+$/) as string,
      details: { retryAfterSeconds: 1, causes: [{ reason: 'ResourceVersionTooLarge' }] },
    });
  });
});

describe('what an answer may look like', () => {
  const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
  it('is a table, or metadata, of every kind that is served', async () => {
    for (const { path, kind } of await everyCollection()) {
      const asked = async (accept: string) => json(await rig.http('GET', path, undefined, { accept }));
      expect(await asked(table)).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
      const metadata = await asked('application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io');
      expect(metadata.kind).toBe('PartialObjectMetadataList');
      expect((await asked('application/vnd.kubernetes.protobuf,application/json')).kind).toBe(`${kind}List`);
      const yaml = await rig.http('GET', path, undefined, { accept: 'application/yaml' });
      expect(yaml).toMatchObject({ code: 200, headers: { 'content-type': 'application/yaml' } });
      for (const accept of [
        'application/vnd.kubernetes.protobuf',
        'text/html',
        'application/json;as=Shape;v=v1;g=meta.k8s.io',
      ])
        expect(await asked(accept)).toMatchObject({ code: 406, reason: 'NotAcceptable' });
      const selected = json(await rig.http('GET', `${path}?fieldSelector=no.field=1`));
      expect(selected).toMatchObject({ code: 400 });
      expect(selected.message).toMatch(
        /^(field label not supported: no\.field|"no\.field" is not a known field selector: only "metadata\.name", "metadata\.namespace"|field label "no\.field" not supported for \w+)$/,
      );
    }
  });

  it('is the table or metadata of YAML too', async () => {
    const yaml = await rig.http('GET', maps, undefined, { accept: table.replace('json', 'yaml') });
    expect(yaml.headers['content-type']).toBe('application/yaml');
    expect(yaml.body).toMatch(/^kind: Table$/m);
  });

  it('is refused before anything is written', async () => {
    const headers = { accept: 'text/html', 'content-type': 'application/json' };
    const count = async () => json(await rig.http('GET', maps)).metadata.resourceVersion;
    const before = await count();
    const merge = { ...headers, 'content-type': 'application/merge-patch+json' };
    const refusals = [
      await rig.http('POST', maps, configMap('never'), headers),
      await rig.http('PUT', `${maps}/a`, { ...configMap('a'), data: { a: '1' } }, headers),
      await rig.http('PATCH', `${maps}/a`, { data: { a: '1' } }, merge),
      await rig.http('DELETE', `${maps}/a`, undefined, headers),
      await rig.http('DELETE', maps, undefined, headers),
    ];
    expect(refusals.map(({ code }) => code)).toEqual([406, 406, 406, 406, 406]);
    const unread = { 'content-type': 'text/html' };
    expect((await rig.http('POST', maps, 'x', unread)).code).toBe(415);
    expect((await rig.http('PUT', `${maps}/a`, 'x', unread)).code).toBe(415);
    expect((await rig.http('PATCH', `${maps}/a`, '{}', unread)).code).toBe(415);
    expect((await rig.http('DELETE', `${maps}/a`, 'x', unread)).code).toBe(415);
    expect(await count()).toBe(before);
  });

  async function everyCollection(): Promise<{ path: string; kind: string }[]> {
    interface Served {
      groupVersion: string;
      resources: { name: string; kind: string; verbs: string[] }[];
    }
    const groups = JSON.parse((await rig.http('GET', '/apis')).body) as {
      groups: { versions: { groupVersion: string }[] }[];
    };
    const versions = [
      '/api/v1',
      ...groups.groups.flatMap(({ versions: all }) => all.map(({ groupVersion }) => `/apis/${groupVersion}`)),
    ];
    const found = [];
    for (const root of versions) {
      const { resources } = JSON.parse((await rig.http('GET', root)).body) as Served;
      for (const { name, kind, verbs } of resources)
        if (verbs.includes('list')) found.push({ path: `${root}/${name}`, kind });
    }
    expect(found.length).toBeGreaterThan(40);
    return found;
  }
});

describe('a watch', () => {
  const brief = 'timeoutSeconds=1';
  const seen = (events: { type: string; object: Answered }[]) =>
    events.map(({ type, object }) => `${type} ${object.metadata.name ?? ''}`.trim());
  const now = async () => json(await rig.http('GET', maps)).metadata.resourceVersion;

  it.each<[string, string, string[]]>([
    ['begins with what is there', `?watch=1&${set}&${brief}`, ['ADDED a', 'ADDED b', 'ADDED c', 'ADDED d']],
    [
      'begins with what is there, of any version',
      `?watch=1&${set}&resourceVersion=0&${brief}`,
      ['ADDED a', 'ADDED b', 'ADDED c', 'ADDED d'],
    ],
    ['is of one object, by its name', `/a?watch=1&${brief}`, ['ADDED a']],
    ['is of one object, by a field', `?watch=1&fieldSelector=metadata.name=a&${brief}`, ['ADDED a']],
    [
      'ends with a bookmark for who asks for some',
      `?watch=1&allowWatchBookmarks=1&fieldSelector=metadata.name=a&${brief}`,
      ['ADDED a', 'BOOKMARK'],
    ],
    [
      'tells the end of the initial events',
      `?watch=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&fieldSelector=metadata.name=a&${brief}`,
      ['ADDED a', 'BOOKMARK', 'BOOKMARK'],
    ],
    [
      'leaves the initial events out',
      `?watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&${set}&${brief}`,
      [],
    ],
  ])('%s', async (_, query, expected) => {
    expect(seen(await watch(`${maps}${query}`))).toEqual(expected);
  });

  it('marks the end of the initial events with an annotation, and its version', async () => {
    const asked = `watch=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=${await now()}&${set}`;
    const [mark] = (await watch(`${maps}?${asked}`, 5)).slice(-1);
    expect(mark).toMatchObject({
      type: 'BOOKMARK',
      object: { kind: 'ConfigMap', metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
    });
    expect(Number(mark?.object.metadata.resourceVersion)).toBeGreaterThan(0);
  });

  it.each<[string, string, number, RegExp]>([
    [
      'a selector that can not be read',
      `watch=1&labelSelector=a%20b`,
      400,
      /^unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt$/,
    ],
    ['a field that is none', 'watch=1&fieldSelector=a=b', 400, /"a" is not a known field selector/],
    [
      'initial events without the match',
      'watch=1&sendInitialEvents=true',
      422,
      /sendInitialEvents requires setting resourceVersionMatch to NotOlderThan/,
    ],
    [
      'a match without initial events',
      'watch=1&resourceVersionMatch=NotOlderThan&resourceVersion=1',
      422,
      /resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided/,
    ],
    ['a version that is none', 'watch=1&resourceVersion=x', 400, /invalid syntax/],
    [
      'initial events of the future',
      'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=99999999',
      504,
      /Too large resource version: 99999999, current: \d+/,
    ],
    ['a timeout that is no number', 'watch=1&timeoutSeconds=x', 400, /strconv.ParseInt: parsing "x": invalid syntax/],
  ])('is refused for %s', async (_, query, code, message) => {
    const answer = json(await rig.http('GET', `${maps}?${query}`));
    expect(answer).toMatchObject({ code, message: expect.stringMatching(message) as string });
  });

  it('is refused where it names one object and a selector another', async () => {
    expect(json(await rig.http('GET', `${maps}/a?watch=1&fieldSelector=metadata.name=b`))).toMatchObject({
      code: 400,
      message: "fieldSelector metadata.name doesn't match requested name",
    });
  });

  it('goes on from a version, also by the old paths, as a table, as metadata, or where protobuf was wished for', async () => {
    const from = await now();
    await create('default', 'new', { fresh: 'yes' });
    await rig.http(
      'PATCH',
      `${maps}/new`,
      { metadata: { labels: { fresh: null } } },
      { 'content-type': 'application/merge-patch+json' },
    );
    await rig.http('DELETE', `${maps}/new`);
    const rest = `resourceVersion=${from}&${brief}`;
    const whole = ['ADDED new', 'MODIFIED new', 'DELETED new'];
    const named = `fieldSelector=metadata.name=new`;
    expect(seen(await watch(`${maps}?watch=true&${named}&${rest}`))).toEqual(whole);
    expect(seen(await watch(`/api/v1/watch/namespaces/default/configmaps/new?${rest}`))).toEqual(whole);
    expect(seen(await watch(`/api/v1/watch/configmaps?${named}&${rest}`))).toEqual(whole);
    expect(seen(await watch(`${maps}?watch=true&labelSelector=fresh&${rest}`))).toEqual(['ADDED new', 'DELETED new']);
    const both = 'application/vnd.kubernetes.protobuf;stream=watch,application/json;stream=watch';
    expect(seen(await watch(`${maps}?watch=true&${named}&${rest}`, Infinity, both))).toEqual(whole);
    const partial = await watch(
      `${maps}?watch=true&${named}&${rest}`,
      Infinity,
      'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
    );
    expect(partial.map(({ object }) => object.kind)).toEqual(whole.map(() => 'PartialObjectMetadata'));
    const table = await watch(
      `${maps}?watch=true&${named}&${rest}`,
      Infinity,
      'application/json;as=Table;v=v1;g=meta.k8s.io',
    );
    const columns = table.map(
      ({ object }) => (object as unknown as { columnDefinitions: unknown[] | null }).columnDefinitions === null,
    );
    expect(columns).toEqual([false, true, true]);
  });

  it('waits for a version of the future', async () => {
    const future = Number(await now()) + 2;
    const watching = watch(`${maps}?watch=1&resourceVersion=${future}&${set}&timeoutSeconds=2`);
    for (const name of ['f', 'g', 'h']) await create('default', name, { set: 'yes' });
    const found = seen(await watching);
    expect(found).toContain('ADDED h');
    expect(found).not.toContain('ADDED f');
    await rig.http('DELETE', `${maps}?fieldSelector=metadata.name=f`);
    await eventually(async () => (await rig.http('GET', `${maps}/f`)).code === 404);
    for (const name of ['g', 'h']) await rig.http('DELETE', `${maps}/${name}`);
  });
});

describe('a write', () => {
  const merge = { 'content-type': 'application/merge-patch+json' };
  it.each<[string, string, string, unknown, number, RegExp | object]>([
    [
      'create with a resourceVersion',
      'POST',
      maps,
      { ...configMap('x'), metadata: { name: 'x', resourceVersion: '1' } },
      400,
      /resourceVersion should not be set on objects to be created/,
    ],
    [
      'create in another namespace',
      'POST',
      maps,
      { ...configMap('x'), metadata: { name: 'x', namespace: 'other' } },
      400,
      /the namespace of the provided object does not match the namespace sent on the request/,
    ],
    [
      'create of another kind',
      'POST',
      maps,
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } },
      400,
      /^Secret in version "v1" cannot be handled as a ConfigMap: /,
    ],
    [
      'create of another version',
      'POST',
      maps,
      { ...configMap('x'), apiVersion: 'v2' },
      400,
      /the API version in the data \(v2\) does not match the expected API version \(v1\)/,
    ],
    ['create of what is there', 'POST', maps, configMap('a'), 409, /^configmaps "a" already exists$/],
    [
      'create with a prefix',
      'POST',
      `${maps}?dryRun=All`,
      { ...configMap(''), metadata: { generateName: 'pre-' } },
      201,
      { metadata: { name: expect.stringMatching(/^pre-[a-z0-9]{5}$/) as string } },
    ],
    [
      'replace without a name',
      'PUT',
      `${maps}/a`,
      { ...configMap('a'), metadata: {} },
      400,
      /the name of the object \(a based on URL\) was undeterminable: name must be provided/,
    ],
    [
      'replace with another name',
      'PUT',
      `${maps}/a`,
      configMap('b'),
      400,
      /the name of the object \(b\) does not match the name on the URL \(a\)/,
    ],
    [
      'replace in another namespace',
      'PUT',
      `${maps}/a`,
      { ...configMap('a'), metadata: { name: 'a', namespace: 'other' } },
      400,
      /the namespace of the provided object does not match the namespace sent on the request/,
    ],
    ['replace of what is not there', 'PUT', `${maps}/nope`, configMap('nope'), 404, /^configmaps "nope" not found$/],
    [
      'replace with another uid',
      'PUT',
      `${maps}/a`,
      { ...configMap('a'), metadata: { name: 'a', uid: 'u' } },
      409,
      /Precondition failed: UID in precondition: u, UID in object meta: /,
    ],
    [
      'replace with an old version',
      'PUT',
      `${maps}/a`,
      { ...configMap('a'), metadata: { name: 'a', resourceVersion: '1' } },
      409,
      /the object has been modified; please apply your changes to the latest version and try again/,
    ],
    [
      'replace with version 0',
      'PUT',
      `${maps}/a?dryRun=All`,
      { ...configMap('a'), metadata: { name: 'a', resourceVersion: '0' } },
      200,
      { metadata: { name: 'a' } },
    ],
    [
      'replace with a version that is none',
      'PUT',
      `${maps}/a`,
      { ...configMap('a'), metadata: { name: 'a', resourceVersion: 'abc' } },
      409,
      /the object has been modified/,
    ],
    [
      'replace with a version that is a number',
      'PUT',
      `${maps}/a`,
      { ...configMap('a'), metadata: { name: 'a', resourceVersion: 5 } },
      400,
      /cannot unmarshal number into Go struct field ObjectMeta\.metadata\.resourceVersion of type string/,
    ],
    [
      'replace that makes',
      'PUT',
      '/apis/coordination.k8s.io/v1/namespaces/default/leases/made',
      { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'made' } },
      201,
      { metadata: { name: 'made' } },
    ],
    ['patch of what is not there', 'PATCH', `${maps}/nope`, {}, 404, /^configmaps "nope" not found$/],
    [
      'patch of the name',
      'PATCH',
      `${maps}/a`,
      { metadata: { name: 'b' } },
      400,
      /the name of the object \(b\) does not match the name on the URL \(a\)/,
    ],
    ['delete of what is not there', 'DELETE', `${maps}/nope`, undefined, 404, /^configmaps "nope" not found$/],
    [
      'delete of another uid',
      'DELETE',
      `${maps}/a`,
      { preconditions: { uid: 'u' } },
      409,
      /^Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition \(u\) does not match the UID in record \(.+\)\. The object might have been deleted and then recreated$/,
    ],
    [
      'delete of another version',
      'DELETE',
      `${maps}/a`,
      { preconditions: { resourceVersion: '1' } },
      409,
      /^Operation cannot be fulfilled on ConfigMap "a": the ResourceVersion in the precondition \(1\) does not match the ResourceVersion in record \(\d+\)\. The object might have been modified$/,
    ],
    [
      'delete that is only tried',
      'DELETE',
      `${maps}/a?dryRun=All`,
      undefined,
      200,
      { status: 'Success', details: { name: 'a', kind: 'configmaps', uid: expect.any(String) as string } },
    ],
    [
      'delete by both policies',
      'DELETE',
      `${maps}/a`,
      { orphanDependents: true, propagationPolicy: 'Orphan' },
      422,
      /orphanDependents and deletionPropagation cannot be both set/,
    ],
    [
      'delete by no policy',
      'DELETE',
      `${maps}/a`,
      { propagationPolicy: 'Never' },
      422,
      /Unsupported value: "Never": supported values: "Foreground", "Background", "Orphan", "nil"/,
    ],
    [
      'delete with options in the query',
      'DELETE',
      `${maps}/a?propagationPolicy=Never`,
      undefined,
      422,
      /Unsupported value: "Never"/,
    ],
    [
      'delete of all, only tried',
      'DELETE',
      `${maps}?dryRun=All&${set}`,
      undefined,
      200,
      { kind: 'ConfigMapList', items: expect.any(Array) as unknown[] },
    ],
    [
      'delete of all by a selector that can not be read',
      'DELETE',
      `${maps}?labelSelector=a,,b`,
      undefined,
      400,
      /^found ',', expected: identifier after ','$/,
    ],
    [
      'delete of all by a field that is none',
      'DELETE',
      `${maps}?fieldSelector=a=b`,
      undefined,
      400,
      /"a" is not a known field selector/,
    ],
    [
      'delete of what is returned',
      'DELETE',
      '/api/v1/namespaces/default/services/kubernetes?dryRun=All',
      undefined,
      200,
      { kind: 'Service', metadata: { name: 'kubernetes' } },
    ],
  ])('%s', async (_, method, path, body, code, expected) => {
    const answer = await rig.http(method, path, body, method === 'PATCH' ? merge : {});
    expect({ code: answer.code, body: answer.code === code ? '' : answer.body }).toEqual({ code, body: '' });
    if (expected instanceof RegExp) expect(json(answer).message).toMatch(expected);
    else expect(json(answer)).toMatchObject(expected);
  });
});
