import type { IncomingMessage, ServerResponse } from 'node:http';
import { eventually } from '@shiplog/testing';
import { makeCertificate } from './testing/certificate';
import { OtherServer } from './testing/other-server';
import { Rig } from './testing/rig';

interface Review {
  readonly apiVersion: string;
  readonly kind: string;
  readonly request: {
    readonly uid: string;
    readonly operation: string;
    readonly name: string;
    readonly dryRun: boolean;
    readonly userInfo: { readonly username: string };
    readonly object: { readonly metadata: { readonly name: string }; readonly data?: Record<string, string> } | null;
  };
}
type Respond = (review: Review, response: ServerResponse, request: IncomingMessage) => void;

const GROUP = '/apis/admissionregistration.k8s.io/v1';
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

describe('admission webhooks', () => {
  let rig: Rig;
  let server: OtherServer;
  let port: number;
  let caBundle: string;
  const asked: Review['request'][] = [];
  /** By the path at which each webhook is. */
  const webhooks = new Map<string, Respond>();

  beforeAll(async () => {
    rig = await Rig.start();
    const { ca, cert, key } = await makeCertificate();
    caBundle = Buffer.from(ca).toString('base64');
    server = new OtherServer({ cert, key }, (request, response, body) => {
      const review = JSON.parse(body) as Review;
      asked.push(review.request);
      const respond = webhooks.get(new URL(request.url ?? '', 'https://x').pathname.slice(1));
      if (respond === undefined) response.writeHead(404).end();
      else respond(review, response, request);
    });
    port = await server.listen();
  });
  afterAll(async () => {
    await server?.stop();
    await rig?.stop();
  });
  afterEach(async () => {
    for (const kind of ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations']) {
      await rig.http('DELETE', `${GROUP}/${kind}`);
    }
    for (const { metadata } of await configMaps()) await rig.http('DELETE', `${CONFIG_MAPS}/${metadata.name}`);
    asked.length = 0;
  });

  const answer = (body: object): Respond => ({ apiVersion, kind, request: { uid } }, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ apiVersion, kind, response: { uid, ...body } }));
  };
  const patching = (...patch: object[]): Respond =>
    answer({ allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') });
  const allow = answer({ allowed: true });

  /** A webhook for ConfigMaps at a path of the server. */
  const webhook = (name: string, respond: Respond, more: object = {}) => {
    webhooks.set(name, respond);
    return {
      name: `${name}.example.com`,
      admissionReviewVersions: ['v1'],
      sideEffects: 'None',
      timeoutSeconds: 10,
      clientConfig: { url: `https://localhost:${port}/${name}`, caBundle },
      rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['configmaps'] }],
      ...more,
    };
  };
  const creations = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }];
  const configure = async (type: 'Mutating' | 'Validating', name: string, ...list: object[]): Promise<void> => {
    const object = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: `${type}WebhookConfiguration`,
      metadata: { name },
      webhooks: list,
    };
    const { code, body } = await rig.http('POST', `${GROUP}/${type.toLowerCase()}webhookconfigurations`, object);
    if (code !== 201) throw new Error(body);
  };
  const create = async (name: string, data: object = {}, query = '') => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
    const { code, headers, body } = await rig.http('POST', `${CONFIG_MAPS}${query}`, object);
    return { code, warning: headers['warning'], body: JSON.parse(body) as { message?: string; data?: object } };
  };
  const configMaps = async () =>
    (JSON.parse((await rig.http('GET', CONFIG_MAPS)).body) as { items: { metadata: { name: string } }[] }).items;

  it('change and refuse what is written, warn, and are told who asks', async () => {
    await configure('Mutating', 'm', webhook('add', patching({ op: 'add', path: '/data', value: { by: 'webhook' } }), { rules: creations }));
    await configure('Validating', 'v', webhook('look', answer({ allowed: true, warnings: ['look here'] })));
    const { code, warning, body } = await create('a');
    expect([code, body.data]).toEqual([201, { by: 'webhook' }]);
    expect(warning).toContain('look here');
    expect(asked[0]).toMatchObject({ operation: 'CREATE', name: 'a', dryRun: false, userInfo: { username: 'admin' } });
    webhooks.set('look', answer({ allowed: false, status: { code: 403, message: 'not so' } }));
    expect(await create('b')).toMatchObject({
      code: 403,
      body: { message: 'admission webhook "look.example.com" denied the request: not so' },
    });
    await create('c', {}, '?dryRun=All');
    expect(asked.at(-1)).toMatchObject({ name: 'c', dryRun: true });
    expect((await rig.http('DELETE', `${CONFIG_MAPS}/a`)).code).toBe(403);
  });

  it('are asked again when others change the object after them, and only of what their conditions are true of', async () => {
    const count: Respond = (review, response, request) =>
      patching({ op: 'add', path: '/data/n', value: `${Object.keys(review.request.object?.data ?? {}).length}` })(review, response, request);
    const conditions = { matchConditions: [{ name: 'c', expression: 'object.metadata.name != "free"' }] };
    await configure(
      'Mutating',
      'm',
      webhook('count', count, { reinvocationPolicy: 'IfNeeded', ...conditions }),
      webhook('more', patching({ op: 'add', path: '/data/more', value: '1' }), conditions),
    );
    expect((await create('a', { k: 'v' })).body.data).toEqual({ k: 'v', more: '1', n: '3' });
    expect((await create('free', { k: 'v' })).body.data).toEqual({ k: 'v' });
    expect(asked.map(({ name }) => name)).toEqual(['a', 'a', 'a']);
  });

  const late: Respond = () => undefined;
  const redirect: Respond = (_review, response) => void response.writeHead(302, { location: '/add' }).end();
  const huge: Respond = (_review, response) => void response.writeHead(200).end('x'.repeat(9_000_000));
  const garbage: Respond = (_review, response) => void response.writeHead(200).end('garbage');
  const broken: Respond = (_review, response) => void response.writeHead(500).end('on fire');
  const cut: Respond = (_review, response) => void response.destroy();
  const other: Respond = ({ apiVersion, kind }, response) => void response.writeHead(200).end(JSON.stringify({ apiVersion, kind, response: { uid: 'x', allowed: true } }));
  it.each<[string, Respond, string]>([
    ['slow', late, 'context deadline exceeded'],
    ['elsewhere', redirect, 'the server responded with the status code 302'],
    ['huge', huge, 'the response is too large'],
    ['garbage', garbage, "couldn't get version/kind; json parse error"],
    ['broken', broken, 'an error on the server ("on fire") has prevented the request from succeeding'],
    ['cut off', cut, 'Post "https://localhost:'],
    ['of another uid', other, 'received invalid webhook response: expected response.uid='],
  ])('that is %s lets nothing pass, unless it may be passed over', async (_what, respond, text) => {
    await configure('Validating', 'v', webhook('bad', respond, { timeoutSeconds: 1 }));
    const { code, body } = await create('a');
    expect([code, body.message]).toEqual([500, expect.stringContaining(text)]);
    expect(body.message).toMatch(/^Internal error occurred: failed calling webhook "bad.example.com": /);
    await rig.http('DELETE', `${GROUP}/validatingwebhookconfigurations/v`);
    await configure('Validating', 'v', webhook('bad', respond, { timeoutSeconds: 1, failurePolicy: 'Ignore' }));
    expect((await create('a')).code).toBe(201);
  }, 20_000);

  it('that nobody answers at let nothing pass', async () => {
    const { webhooks: _w, ...dead } = { ...webhook('dead', allow), webhooks: 0 };
    const config = (clientConfig: object) => ({ ...dead, clientConfig: { caBundle, ...clientConfig } });
    await configure('Validating', 'v', config({ url: 'https://localhost:1/x' }));
    expect((await create('a')).body.message).toContain('failed to call webhook: Post "https://localhost:1/x?timeout=10s": ');
    await rig.http('DELETE', `${GROUP}/validatingwebhookconfigurations/v`);
    await configure('Validating', 'v', config({ service: { name: 'none', namespace: 'default' } }));
    expect((await create('a')).body.message).toContain('Post "https://none.default.svc:443/?timeout=10s": service/none in "default" is not present');
  });

  it('whose patch does not apply makes the request fail', async () => {
    await configure('Mutating', 'm', webhook('odd', patching({ op: 'remove', path: '/data/nope' })));
    expect(await create('a')).toMatchObject({ code: 500, body: { message: expect.stringContaining('Internal error occurred: ') as string } });
  });

  it('may write to the cluster while they are asked', async () => {
    const writes: Respond = (review, response, request) => {
      const { name } = review.request;
      const isInner = name.startsWith('of-');
      const done = (): void => allow(review, response, request);
      if (isInner) done();
      else void create(`of-${name}`).then(done);
    };
    await configure('Validating', 'v', webhook('writes', writes));
    const codes = await Promise.all(Array.from({ length: 30 }, (_, i) => create(`a-${i}`)));
    expect(new Set(codes.map(({ code }) => code))).toEqual(new Set([201]));
    expect(await configMaps()).toHaveLength(60);
  }, 30_000);

  it('that are slow hold nobody up who is not theirs', async () => {
    const held: (() => void)[] = [];
    const hold: Respond = (review, response, request) => void held.push(() => allow(review, response, request));
    await configure('Validating', 'v', webhook('hold', hold, { matchConditions: [{ name: 'c', expression: 'object.metadata.name.startsWith("slow")' }] }));
    const slow = Array.from({ length: 150 }, (_, i) => create(`slow-${i}`));
    await eventually(() => held.length === 64);
    const begun = performance.now();
    expect((await create('fast')).code).toBe(201);
    expect(performance.now() - begun).toBeLessThan(1_000);
    for (let answered = 0; answered < 150; answered++) {
      await eventually(() => held.length > 0);
      held.shift()!();
    }
    expect(new Set((await Promise.all(slow)).map(({ code }) => code))).toEqual(new Set([201]));
  }, 30_000);

  it('that are being asked when the journal stops are asked by the next one', async () => {
    const held: (() => void)[] = [];
    const hold: Respond = (review, response, request) => void held.push(() => allow(review, response, request));
    await configure('Validating', 'v', webhook('hold', hold));
    const creation = create('a');
    await eventually(() => held.length === 1);
    await rig.stopService('journal');
    rig.startJournal();
    await eventually(() => held.length === 2, { timeoutMs: 20_000 });
    held.splice(0).forEach((go) => go());
    expect((await creation).code).toBe(201);
  }, 40_000);

  it('are not needed to read the log again: it folds to the same state without them', async () => {
    await configure('Mutating', 'm', webhook('add', patching({ op: 'add', path: '/data', value: { by: 'webhook' } })));
    await create('kept');
    const before = asked.length;
    expect((await rig.rebuild()).comparison).toMatchObject({ kind: 'equal' });
    expect(asked).toHaveLength(before);
  }, 30_000);
}); // prettier-ignore
