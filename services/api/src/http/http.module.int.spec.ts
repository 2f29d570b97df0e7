import { once } from 'node:events';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { BusUnavailable } from '@shiplog/bus';
import { eventually } from '@shiplog/testing';
import { WatchCache } from '../cache/watch-cache';
import { testConfig, testingModule, clusterOf } from '../testing/api-testing';
import { TOKEN } from '../testing/rig';
import { openWebSocket } from '../testing/web-socket-client';
import { HttpModule } from './http.module';
import { ServerCertificate } from './server-certificate';

/** A journal that answers commands as the test says. */
const journal = { command: (): Promise<unknown> => Promise.reject(new Error('not told yet')) };
const bus = {
  command: () => journal.command(),
  connection: { isClosed: () => false },
};

describe('HttpModule', () => {
  const { config, remove } = testConfig({ maxWrites: 1 });
  let app: NestFastifyApplication;
  let url: string;
  beforeAll(async () => {
    const module = await testingModule([HttpModule], { bus: bus as never, config, cluster: clusterOf([]) })
      // Plain HTTP here.
      .overrideProvider(ServerCertificate)
      .useValue({})
      .compile();
    app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { bodyParser: false });
    await app.listen(0, '127.0.0.1');
    url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await app.close();
    remove();
  });

  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${url}${path}`, { ...init, headers: { authorization: `Bearer ${TOKEN}`, ...init.headers } });
  const create = (name: string): Promise<Response> =>
    ask('/api/v1/namespaces/default/configmaps', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } }),
    });

  it('shows strangers health and version, and nothing else, and hangs up', async () => {
    const stranger = { headers: { authorization: '' } };
    expect((await ask('/healthz', stranger)).status).toBe(200);
    expect((await ask('/version', stranger)).status).toBe(200);
    for (const path of ['/api/v1/pods', '/nowhere', '/openapi/v2']) {
      const refused = await ask(path, stranger);
      expect([refused.status, refused.headers.get('connection')]).toEqual([403, 'close']);
      expect(await refused.json()).toMatchObject({ kind: 'Status', reason: 'Forbidden' });
    }
  });

  it('judges a request before its body', async () => {
    const asked = request(`${url}/api/v1/namespaces/default/configmaps`, {
      method: 'POST',
      headers: { 'content-length': '1000000' },
    });
    asked.on('error', () => undefined).write('{');
    const [answer] = (await once(asked, 'response')) as [{ statusCode: number }];
    expect(answer.statusCode).toBe(403);
    asked.destroy();
  });

  it('takes no more of a body than it may have, also when its length was not told', async () => {
    const asked = request(`${url}/api/v1/namespaces/default/configmaps`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'transfer-encoding': 'chunked' },
    });
    asked.on('error', () => undefined);
    const answered = once(asked, 'response');
    for (let sent = 0; sent < 4; sent++) asked.write(Buffer.alloc(1024 * 1024, ' '));
    const [answer] = (await answered) as [{ statusCode: number; headers: Record<string, string> }];
    expect([answer.statusCode, answer.headers['connection']]).toEqual([413, 'close']);
    asked.destroy();
  });

  it('gives its place back when a client leaves within its body', async () => {
    for (let left = 0; left < 3; left++) {
      const asked = request(`${url}/api/v1/namespaces/default/configmaps`, {
        method: 'POST',
        // A connection of its own: one that was used before may just be closing.
        agent: false,
        headers: { authorization: `Bearer ${TOKEN}`, 'content-length': '100' },
      });
      asked.on('error', () => undefined).write('{');
      await eventually(async () => (await create('meanwhile')).status === 429);
      asked.destroy();
      journal.command = () => Promise.resolve({ ok: false, status: { kind: 'Status', code: 422 } });
      await eventually(async () => (await create('after')).status === 422);
    }
  });

  it('answers a list from the copy of the cluster', async () => {
    const list = await ask('/api/v1/pods');
    expect(await list.json()).toMatchObject({ kind: 'PodList', metadata: { resourceVersion: '7' }, items: [] });
  });

  it('ends a watch that missed changes with an ERROR event, and in good order', async () => {
    const watching = await ask('/api/v1/pods?watch=1&resourceVersion=7');
    app.get(WatchCache).reloaded(9);
    // Rejects when the connection breaks.
    expect(JSON.parse(await watching.text())).toMatchObject({
      type: 'ERROR',
      object: { code: 410, reason: 'Expired' },
    });
  });

  it('ends a watch that missed changes so over a WebSocket too', async () => {
    const watching = await openWebSocket(`${url}/api/v1/pods?watch=1&resourceVersion=9`, [], {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    app.get(WatchCache).reloaded(11);
    expect(JSON.parse(await watching.text())).toMatchObject({
      type: 'ERROR',
      object: { code: 410, reason: 'Expired' },
    });
  });

  it('answers everybody else while it reads a large document of YAML', async () => {
    journal.command = () => Promise.resolve({ ok: false, status: { kind: 'Status', code: 422 } });
    const keys = Array.from({ length: 60_000 }, (_, i) => `  key-${i}: "v"\n`).join('');
    let reading = true;
    const read = ask('/api/v1/namespaces/default/configmaps', {
      method: 'POST',
      headers: { 'content-type': 'application/yaml' },
      body: `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: large}\ndata:\n${keys}`,
    }).finally(() => (reading = false));
    const waits: number[] = [];
    while (reading) {
      const begun = performance.now();
      expect((await ask('/api/v1/pods')).status).toBe(200);
      waits.push(performance.now() - begun);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect((await read).status).toBe(422);
    waits.sort((a, b) => a - b);
    // Read by the api itself, it is one wait of more than a second.
    expect(waits.length).toBeGreaterThan(10);
    expect(waits[Math.floor(waits.length * 0.9)]).toBeLessThan(100);
    expect(waits.at(-1)).toBeLessThan(1_000);
  }, 60_000);

  it('answers failures with a Status: of the journal, and of its own defects without details of them', async () => {
    journal.command = () => Promise.reject(new BusUnavailable('shiplog.v1.command', 0, 'nobody listens'));
    expect((await create('one')).status).toBe(503);
    journal.command = () => Promise.resolve({ ok: false, status: { kind: 'Status', code: 409, message: 'is there' } });
    const refused = await create('one');
    expect([refused.status, await refused.json()]).toEqual([409, { kind: 'Status', code: 409, message: 'is there' }]);
    journal.command = () => Promise.reject(new TypeError('x is undefined'));
    expect((await create('one')).status).toBe(500);
  });

  it('has no more writes in flight than it may, and gives each place back', async () => {
    let decide: (reply: unknown) => void = () => undefined;
    let arrived: () => void = () => undefined;
    const underWay = new Promise<void>((resolve) => (arrived = resolve));
    journal.command = () => {
      arrived();
      return new Promise((resolve) => (decide = resolve));
    };
    const first = create('first');
    await underWay;
    const second = await create('second');
    expect([second.status, second.headers.get('retry-after'), await second.text()]).toEqual([
      429,
      '1',
      'Too many requests, please try again later.\n',
    ]);
    expect((await ask('/api/v1/pods')).status).toBe(200);
    decide({ ok: false, status: { kind: 'Status', code: 409 } });
    expect((await first).status).toBe(409);
    journal.command = () => Promise.resolve({ ok: false, status: { kind: 'Status', code: 422 } });
    expect((await create('third')).status).toBe(422);
  });
});
