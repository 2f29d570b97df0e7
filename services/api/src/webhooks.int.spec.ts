import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { eventually } from '@shiplog/testing';
import { makeCertificate } from './testing/certificate';
import { OtherServer } from './testing/other-server';
import { Rig, TOKEN } from './testing/rig';

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

  describe('about connections', () => {
    const connections = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CONNECT'], resources: ['pods/*'] }];
    const forConnections = (name: string, respond: Respond, more: object = {}) => webhook(name, respond, { rules: connections, ...more });
    const deny = (message: string) => answer({ allowed: false, status: { message } });
    const PODS = '/api/v1/namespaces/default/pods';

    beforeAll(async () => {
      const pod = (name: string, spec: object = {}) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers: [{ name: 'c', image: 'x' }], ...spec } });
      for (const object of [pod('web'), pod('placed', { nodeName: 'nowhere' })]) {
        expect((await rig.http('POST', PODS, object)).code).toBe(201);
      }
    });

    /** Asks for a session; whoever does may leave. */
    const upgrading = (path: string, protocol = 'SPDY/3.1'): ClientRequest => {
      const headers = { authorization: `Bearer ${TOKEN}`, connection: 'Upgrade', upgrade: protocol };
      const ca = readFileSync(join(rig.directory, 'ca.pem'));
      return httpsRequest(`${rig.url}${PODS}/${path}`, { method: 'POST', headers, ca, agent: false }).on('error', () => undefined).end();
    };
    /** What is answered instead of a session. */
    const refusal = async (path: string, protocol?: string) => {
      const [response] = (await once(upgrading(path, protocol), 'response')) as [IncomingMessage];
      const { message } = JSON.parse(await text(response)) as { message: string };
      return { code: response.statusCode, warning: response.headers['warning'], message };
    };
    /** Nothing has been begun: the pod is on no node. */
    const admitted = { code: 400, message: 'pod web does not have a host assigned' };
    const denied = (name: string, message: string) => ({ code: 400, message: `admission webhook "${name}.example.com" denied the request: ${message}` });
    const SH = 'exec?command=sh&stdout=1';

    it('deny and allow sessions, are told of them, and warn', async () => {
      await configure('Validating', 'v', forConnections('deny', answer({ allowed: false, status: { message: 'no' }, warnings: ['mind'] }), { rules: [{ ...connections[0], resources: ['pods/exec'] }] }));
      expect(await refusal(`web/${SH}`)).toEqual({ ...denied('deny', 'no'), warning: '299 - "mind"' });
      expect(await refusal(`web/${SH}`, 'websocket')).toMatchObject(denied('deny', 'no'));
      expect(await refusal('web/attach?stdout=1')).toMatchObject(admitted);
      expect(asked).toHaveLength(2);
      expect(asked[0]).toMatchObject({
        operation: 'CONNECT', name: 'web', subResource: 'exec', dryRun: false, userInfo: { username: 'admin' }, options: null,
        requestKind: { group: '', version: 'v1', kind: 'PodExecOptions' }, requestResource: { group: '', version: 'v1', resource: 'pods' },
      });
      expect(asked[0]?.object).toEqual({ apiVersion: 'v1', kind: 'PodExecOptions', command: ['sh'], stdout: true });
      webhooks.set('deny', answer({ allowed: true, warnings: ['mind'] }));
      expect(await refusal(`web/${SH}`)).toEqual({ ...admitted, warning: '299 - "mind"' });
    });

    it('deny proxied requests by their paths', async () => {
      const conditions = { matchConditions: [{ name: 'c', expression: 'request.subResource == "proxy" && object.path.startsWith("/secret")' }] };
      await configure('Validating', 'v', forConnections('deny', deny('not there'), conditions));
      const get = async (path: string) => JSON.parse((await rig.http('GET', `${PODS}/${path}`)).body) as object;
      expect(await get('web/proxy/secret/x')).toMatchObject(denied('deny', 'not there'));
      expect(await get('web/proxy/open')).toMatchObject({ message: 'address not allowed' });
      webhooks.set('deny', answer({ allowed: true, warnings: ['mind'] }));
      const { body, headers } = await rig.http('GET', `${PODS}/web/proxy/secret`);
      expect([JSON.parse(body), headers['warning']]).toEqual([expect.objectContaining({ message: 'address not allowed' }), '299 - "mind"']);
    });

    it('are for the namespaces that they choose', async () => {
      const blue = { namespaceSelector: { matchLabels: { team: 'blue' } } };
      await configure('Validating', 'v', forConnections('deny', deny('no'), blue));
      expect(await refusal(`web/${SH}`)).toMatchObject(admitted);
      await rig.kubectl('label namespace default team=blue');
      await eventually(async () => (await refusal(`web/${SH}`)).message === denied('deny', 'no').message);
    });

    const late: Respond = () => undefined;
    it.each<[string, object, Respond, string]>([
      ['dead', { clientConfig: { url: 'https://localhost:1/x' } }, allow, 'Post "https://localhost:1/x?timeout=1s": '],
      ['slow', {}, late, 'context deadline exceeded'],
    ])('that are %s let nobody in, unless they may be passed over', async (_what, more, respond, reason) => {
      await configure('Validating', 'v', forConnections('bad', respond, { timeoutSeconds: 1, ...more }));
      const { code, message } = await refusal('web/portforward');
      expect([code, message]).toEqual([500, expect.stringContaining(reason)]);
      expect(message).toMatch(/^Internal error occurred: failed calling webhook "bad.example.com": failed to call webhook: /);
      await rig.http('DELETE', `${GROUP}/validatingwebhookconfigurations/v`);
      await configure('Mutating', 'm', forConnections('bad', respond, { timeoutSeconds: 1, failurePolicy: 'Ignore', ...more }));
      expect(await refusal('web/portforward')).toMatchObject(admitted);
    });

    it('that mutate are asked first, and say with which options is connected', async () => {
      await configure('Mutating', 'm', forConnections('change', patching({ op: 'add', path: '/container', value: 'other' })));
      await configure('Validating', 'v', forConnections('look', allow));
      expect(await refusal(`placed/${SH}`)).toMatchObject({ code: 400, message: 'container other is not valid for pod placed' });
      expect(asked.map(({ object }) => object)).toEqual([
        { apiVersion: 'v1', kind: 'PodExecOptions', command: ['sh'], stdout: true },
        { apiVersion: 'v1', kind: 'PodExecOptions', command: ['sh'], stdout: true, container: 'other' },
      ]);
    });

    it('refuse kubectl in words', async () => {
      const attach = [{ ...connections[0], resources: ['pods/attach'] }];
      await configure('Validating', 'v', forConnections('deny', deny("attaching to pod 'web' is not allowed"), { rules: attach }));
      await expect(rig.kubectl('attach web -i -c c')).rejects.toThrow(
        `Error from server: admission webhook "deny.example.com" denied the request: attaching to pod 'web' is not allowed`,
      );
    });

    it('are asked no longer once nobody waits for their answers', async () => {
      let [begun, ended] = [0, 0];
      const hold: Respond = (_review, response) => {
        begun += 1;
        response.once('close', () => (ended += 1));
      };
      await configure('Validating', 'v', forConnections('hold', hold, { timeoutSeconds: 30 }));
      const session = upgrading(`web/${SH}`);
      const proxied = upgrading('web/proxy/', 'websocket');
      const plain = httpsRequest(`${rig.url}${PODS}/web/proxy/`, { headers: { authorization: `Bearer ${TOKEN}` }, rejectUnauthorized: false }).on('error', () => undefined).end();
      await eventually(() => begun === 3);
      // As a program ends that is killed: its side of the connection only.
      session.socket?.end();
      await eventually(() => ended === 1);
      proxied.socket?.end();
      plain.destroy();
      await eventually(() => ended === 3);
    });

    it('that are slow hold nobody up who is not theirs', async () => {
      const held: (() => void)[] = [];
      const hold: Respond = (review, response, request) => void held.push(() => allow(review, response, request));
      const slow = { matchConditions: [{ name: 'c', expression: 'object.kind == "PodAttachOptions"' }] };
      await configure('Validating', 'v', forConnections('hold', hold, slow), forConnections('fast', deny('no'), { matchConditions: [{ name: 'c', expression: 'object.kind == "PodExecOptions"' }] }));
      const sessions = Array.from({ length: 100 }, () => refusal('web/attach?stdout=1'));
      await eventually(() => held.length === 64);
      const begun = performance.now();
      expect(await refusal(`web/${SH}`)).toMatchObject(denied('fast', 'no'));
      expect((await create('fast')).code).toBe(201);
      expect(performance.now() - begun).toBeLessThan(1_000);
      for (let answered = 0; answered < 100; answered++) {
        await eventually(() => held.length > 0);
        held.shift()!();
      }
      for (const session of await Promise.all(sessions)) expect(session).toMatchObject(admitted);
    }, 30_000);

    it('that are being asked when the api stops do not hold it', async () => {
      let begun = 0;
      await configure('Validating', 'v', forConnections('hold', () => void (begun += 1), { timeoutSeconds: 30 }));
      const sessions = [refusal(`web/${SH}`), rig.http('GET', `${PODS}/web/proxy/`)];
      const settled = Promise.allSettled(sessions);
      await eventually(() => begun === 2);
      const stopped = performance.now();
      await rig.stopService('api');
      expect(performance.now() - stopped).toBeLessThan(5_000);
      expect((await settled).map((session) => (session.status === 'fulfilled' ? session.value.code : 503))).toEqual([503, 503]);
      rig.startApi();
      await rig.ready();
    }, 40_000);
  });

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
