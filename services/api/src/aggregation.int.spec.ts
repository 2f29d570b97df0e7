import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@shiplog/testing';
import { Client } from 'undici';
import { makeCertificate } from './testing/certificate';
import { OtherServer } from './testing/other-server';
import { Rig, TOKEN } from './testing/rig';

const PATH = '/apis/metrics.example.com/v1';
const LIST = {
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: 'metrics.example.com/v1',
  resources: [
    { name: 'things', singularName: 'thing', namespaced: true, kind: 'Thing', verbs: ['list'], shortNames: ['th'] },
  ],
};

/** A server of another version of the API, which notes what it is asked. */
class ThingsServer extends OtherServer {
  readonly asked: { method: string; url: string; headers: IncomingHttpHeaders; body: string }[] = [];

  constructor(files: { cert: string; key: string }) {
    super(files, ({ method = '', url = '', headers }, response, body) => {
      this.asked.push({ method, url, headers, body });
      if (url.includes('watch=true')) {
        response.writeHead(200, { 'content-type': 'application/json' });
        // It never ends by itself: that the client sees the event shows that it was passed on at once.
        response.write('{"type":"ADDED"}\n');
        return;
      }
      const code = url.endsWith('/missing') ? 404 : 200;
      response.writeHead(code, { 'content-type': 'application/json', warning: '299 - "from there"' });
      response.end(JSON.stringify(LIST));
    });
  }
}

describe('a version of the API that another server serves', () => {
  let rig: Rig;
  let other: ThingsServer;
  beforeAll(async () => {
    rig = await Rig.start();
    other = new ThingsServer(await makeCertificate());
    const port = await other.listen();
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'metrics' },
      spec: { type: 'ExternalName', externalName: 'localhost' },
    };
    expect((await rig.http('POST', '/api/v1/namespaces/default/services', service)).code).toBe(201);
    const created = await rig.http('POST', '/apis/apiregistration.k8s.io/v1/apiservices', {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1.metrics.example.com' },
      spec: {
        group: 'metrics.example.com',
        version: 'v1',
        groupPriorityMinimum: 100,
        versionPriority: 100,
        insecureSkipTLSVerify: true,
        service: { name: 'metrics', namespace: 'default', port },
      },
    });
    expect(created.code).toBe(201);
  });
  afterAll(async () => {
    await other?.stop().catch(() => undefined);
    await rig?.stop();
  });

  const available = async (): Promise<unknown> => {
    const answer = await rig.http('GET', '/apis/apiregistration.k8s.io/v1/apiservices/v1.metrics.example.com');
    const { status } = JSON.parse(answer.body) as { status?: { conditions?: { status: string; reason: string }[] } };
    return status?.conditions?.map((condition) => `${condition.status} ${condition.reason}`).join();
  };

  it('is available when that server answers', async () => {
    await eventually(async () => (await available()) === 'True Passed');
  });

  it('is found in discovery', async () => {
    const { body } = await rig.http('GET', '/apis/metrics.example.com');
    expect(JSON.parse(body)).toMatchObject({ name: 'metrics.example.com', versions: [{ version: 'v1' }] });
    expect(await rig.kubectl('api-resources --api-group=metrics.example.com')).toMatch(
      /things +th +metrics\.example\.com\/v1 +true +Thing/,
    );
  });

  it('is asked as the user who asks, without what the user proves it by', async () => {
    const answer = await rig.http('GET', `${PATH}/things?labelSelector=a%3Db`, undefined, {
      'x-remote-user': 'mallory',
    });
    expect(JSON.parse(answer.body)).toEqual(LIST);
    expect(answer.headers['warning']).toBe('299 - "from there"');
    const { url, headers } = other.asked.at(-1)!;
    expect(url).toBe(`${PATH}/things?labelSelector=a%3Db`);
    expect(headers).toMatchObject({
      'x-remote-user': 'admin',
      'x-remote-group': 'system:masters, system:authenticated',
    });
    expect(headers.authorization).toBeUndefined();
  });

  it('is given what is written, and its refusals are passed on', async () => {
    await rig.http('POST', `${PATH}/things`, { a: 1 });
    expect(other.asked.at(-1)).toMatchObject({ method: 'POST', body: '{"a":1}' });
    expect((await rig.http('DELETE', `${PATH}/missing`)).code).toBe(404);
  });

  it('is watched through', async () => {
    const ca = readFileSync(join(rig.directory, 'ca.pem'), 'utf8');
    const client = new Client(rig.url, { connect: { ca } });
    const headers = { authorization: `Bearer ${TOKEN}` };
    const { body } = await client.request({ method: 'GET', path: `${PATH}/things?watch=true`, headers });
    const [first] = (await once(body, 'data')) as [Buffer];
    expect(JSON.parse(first.toString())).toEqual({ type: 'ADDED' });
    body.on('error', () => undefined).destroy();
    await client.destroy();
  });

  it('is unavailable when that server is gone', async () => {
    await other.stop();
    expect(await rig.http('GET', `${PATH}/things`)).toMatchObject({ code: 503 });
    await rig.http('PATCH', '/api/v1/namespaces/default/services/metrics', '{"metadata":{"labels":{"a":"b"}}}', {
      'content-type': 'application/merge-patch+json',
    });
    await eventually(async () => (await available()) === 'False FailedDiscoveryCheck');
    const refused = await rig.http('GET', PATH);
    expect(JSON.parse(refused.body)).toMatchObject({ kind: 'Status', code: 503, reason: 'ServiceUnavailable' });
  });
});
