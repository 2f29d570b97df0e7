import { eventually } from '@shiplog/testing';
import { makeCertificate } from './testing/certificate';
import { OtherServer } from './testing/other-server';
import { Rig } from './testing/rig';
import { manifest } from './testing/steps';

interface Route {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string; uid?: string };
  spec: { host?: string; hosts?: string[] };
}

/** Converts routes: v1 has one host, v2 has several. */
class Webhook extends OtherServer {
  asked = 0;
  /** How it answers the next request, if not by converting. */
  failure: string | undefined;

  constructor(files: { cert: string; key: string }) {
    super(files, (_request, response, body) => {
      this.asked++;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(this.#answer(JSON.parse(body) as Parameters<Webhook['convert']>[0])));
    });
  }

  #answer(review: Parameters<Webhook['convert']>[0]): unknown {
    const { failure } = this;
    const { uid } = review.request;
    if (failure === undefined) return this.convert(review);
    return { ...review, response: { uid, result: { status: 'Failure', message: failure } } };
  }

  convert(review: { request: { uid: string; desiredAPIVersion: string; objects: Route[] } }): unknown {
    const { uid, desiredAPIVersion: apiVersion, objects } = review.request;
    const convertedObjects = objects.map((route) => {
      const { host, hosts = host === undefined ? [] : [host] } = route.spec;
      const spec = apiVersion.endsWith('/v2') ? { hosts } : { host: hosts[0] };
      return { ...route, apiVersion, spec };
    });
    return { ...review, response: { uid, result: { status: 'Success' }, convertedObjects } };
  }
}

describe('versions that a webhook converts', () => {
  let rig: Rig;
  let webhook: Webhook;
  beforeAll(async () => {
    rig = await Rig.start();
    const { ca, cert, key } = await makeCertificate();
    webhook = new Webhook({ cert, key });
    const clientConfig = {
      url: `https://localhost:${await webhook.listen()}/convert`,
      caBundle: Buffer.from(ca).toString('base64'),
    };
    await rig.kubectl('apply -f -', manifest(definition(clientConfig)));
    await eventually(async () => (await rig.http('GET', V1)).code === 200);
  });
  afterAll(async () => {
    await webhook?.stop();
    await rig?.stop();
  });

  const definition = (clientConfig: object) => {
    const version = (name: string, storage: boolean, properties: object) => ({
      name,
      served: true,
      storage,
      schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } } },
    });
    return {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'routes.net.example.com' },
      spec: {
        group: 'net.example.com',
        scope: 'Namespaced',
        names: { plural: 'routes', kind: 'Route' },
        conversion: { strategy: 'Webhook', webhook: { clientConfig, conversionReviewVersions: ['v1'] } },
        versions: [
          version('v1', false, { host: { type: 'string', maxLength: 20 } }),
          version('v2', true, { hosts: { type: 'array', items: { type: 'string' } } }),
        ],
      },
    };
  };
  const V1 = '/apis/net.example.com/v1/namespaces/default/routes';
  const V2 = '/apis/net.example.com/v2/namespaces/default/routes';
  const get = async (path: string) => JSON.parse((await rig.http('GET', path)).body) as Route & { items: Route[] };
  const route = (apiVersion: string, name: string, spec: object) => ({ apiVersion: `net.example.com/${apiVersion}`, kind: 'Route', metadata: { name, namespace: 'default' }, spec }); // prettier-ignore

  it('are written in one and stored in the other', async () => {
    expect(await rig.kubectl('create -f -', manifest(route('v1', 'old', { host: 'a.example.com' })))).toContain(
      'created',
    );
    expect((await get(`${V2}/old`)).spec).toEqual({ hosts: ['a.example.com'] });
    expect((await get(`${V1}/old`)).spec).toEqual({ host: 'a.example.com' });
  });

  it('are validated in that in which they are written', async () => {
    const long = manifest(route('v1', 'long', { host: 'a'.repeat(21) }));
    await expect(rig.kubectl('create -f -', long)).rejects.toThrow(/spec\.host: Too long/);
  });

  it('are patched, replaced and listed in either, and each object is converted once', async () => {
    await rig.kubectl('patch routes.v1.net.example.com old --type=merge -p {"spec":{"host":"b.example.com"}}');
    expect((await get(`${V2}/old`)).spec).toEqual({ hosts: ['b.example.com'] });
    await rig.kubectl('create -f -', manifest(route('v2', 'new', { hosts: ['c', 'd'] })));
    expect((await get(V1)).items.map(({ spec }) => spec)).toEqual([{ host: 'c' }, { host: 'b.example.com' }]);
    const { asked } = webhook;
    await get(V1);
    expect(webhook.asked).toBe(asked);
    const { metadata } = await get(`${V1}/new`);
    const put = await rig.http('PUT', `${V1}/new`, { ...route('v1', 'new', { host: 'e' }), metadata });
    expect(JSON.parse(put.body)).toMatchObject({ apiVersion: 'net.example.com/v1', spec: { host: 'e' } });
    expect((await get(`${V2}/new`)).spec).toEqual({ hosts: ['e'] });
  });

  it('are watched in either', async () => {
    const watched = rig.http('GET', `${V1}?watch=true&timeoutSeconds=2`);
    await rig.kubectl('create -f -', manifest(route('v2', 'seen', { hosts: ['f'] })));
    const events = (await watched).body.trim().split('\n').map((text) => JSON.parse(text) as { object: Route }); // prettier-ignore
    expect(events.map(({ object }) => object.apiVersion)).toEqual(events.map(() => 'net.example.com/v1'));
    expect(events.map(({ object }) => object.spec.host)).toContain('f');
  });

  it('are refused where the webhook fails, in its words', async () => {
    webhook.failure = 'out of order';
    try {
      await rig.kubectl('create -f -', manifest(route('v2', 'stuck', { hosts: ['g'] })));
      const { code, body } = await rig.http('GET', `${V1}/stuck`);
      expect(code).toBe(500);
      expect(JSON.parse(body)).toMatchObject({
        message: 'conversion webhook for net.example.com/v2, Kind=Route failed: out of order',
      });
      expect((await rig.http('GET', `${V2}/stuck`)).code).toBe(200);
    } finally {
      webhook.failure = undefined;
    }
    expect((await rig.http('GET', `${V1}/stuck`)).code).toBe(200);
  });
});
