import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { eventually } from '@shiplog/testing';
import { WebSocket, WebSocketServer } from 'ws';
import { makeCertificate } from '../../../services/api/src/testing/certificate';
import { TOKEN, type HttpAnswer } from '../../../services/api/src/testing/rig';
import { BUSYBOX } from '../../../services/kubelet/src/testing/test-engine';
import { NodeRig } from './node-rig';

let node: NodeRig;
/** What pods of the node's own network are reached at: servers of this process. */
let plain: Server;
let encrypted: Server;

async function listening(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Those that are open behind the proxy. */
const behind = new Set<WebSocket>();

/** Says what it is told; some paths it speaks no WebSockets at. */
function echoMessages(server: Server): Server {
  const sockets = new WebSocketServer({ noServer: true });
  return server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.url === '/none') return void socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno');
    sockets.handleUpgrade(request, socket, head, (made) => {
      behind.add(made);
      made.on('close', () => behind.delete(made));
      made.send(`hello ${String(request.headers['authorization'] ?? 'stranger')}`);
      made.on('message', (message: Buffer) =>
        String(message) === 'end' ? made.close(4_001, 'ended') : made.send(message),
      );
    });
  });
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** Tells what it was asked; a redirection, and an answer in parts, where that is asked for. */
function answerRequest(request: IncomingMessage, response: ServerResponse): void {
  const { method, url, headers } = request;
  if (url?.startsWith('/moved') === true) return void response.writeHead(302, { location: '/there' }).end();
  void text(request).then((body) => {
    response.setHeader('x-heard', String(headers['authorization'] ?? 'nobody'));
    response.setHeader('set-cookie', ['a=1', 'b=2']);
    response.end(JSON.stringify({ method, url, body }));
  });
}

beforeAll(async () => {
  const { cert, key } = await makeCertificate();
  [node, plain, encrypted] = await Promise.all([
    NodeRig.start(),
    listening(echoMessages(createServer(answerRequest))),
    listening(echoMessages(createTlsServer({ cert, key }, answerRequest))),
  ]);
  const pod = (name: string, script: string, more: object): object => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name } },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'main',
          image: BUSYBOX,
          command: ['/busybox', 'sh', '-c', script],
          ports: [{ name: 'web', containerPort: 8090 }],
        },
      ],
      ...more,
    },
  });
  const served = '/busybox mkdir /www; echo served > /www/index.html; /busybox httpd -f -p 8090 -h /www';
  const ports = [
    { name: 'http', port: 80, targetPort: 'web' },
    { name: 'other', port: 81, targetPort: 8091 },
  ];
  const items = [
    pod('echo', '/busybox sleep 1000', { hostNetwork: true }),
    pod('web', served, {}),
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { selector: { app: 'web' }, ports } },
  ];
  await node.rig.kubectl('create -f -', { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) });
  await node.rig.kubectl('wait --for=condition=Ready pod/echo pod/web --timeout=60s');
  await eventually(async () => (await ask('GET', 'services/web')).code === 200);
});
afterAll(async () => {
  plain?.close();
  encrypted?.close();
  await node?.stop();
});

const ask = (method: string, id: string, path = '/', body?: unknown): Promise<HttpAnswer> =>
  node.rig.http(method, `/api/v1/namespaces/default/${id}/proxy${path}`, body);

/** A client that asks for a WebSocket with what is behind a proxy. */
function connect(id: string, path: string): WebSocket {
  const url = `${node.rig.url.replace('https', 'wss')}/api/v1/namespaces/default/${id}/proxy${path}`;
  return new WebSocket(url, {
    ca: readFileSync(join(node.rig.directory, 'ca.pem')),
    headers: { authorization: `Bearer ${TOKEN}` },
  });
}

describe('a proxy to what runs in pods', () => {
  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'hands on a %s with its path, query and body',
    async (method) => {
      const body = ['POST', 'PUT', 'PATCH'].includes(method) ? { some: method } : undefined;
      const answer = await ask(method, `pods/echo:${portOf(plain)}`, `/some/path?method=${method}`, body);
      expect(JSON.parse(answer.body)).toEqual({
        method,
        url: `/some/path?method=${method}`,
        body: body === undefined ? '' : JSON.stringify(body),
      });
    },
  );

  it('hands on a HEAD', async () => {
    const answer = await ask('HEAD', `pods/echo:${portOf(plain)}`, '/some/path');
    expect([answer.code, answer.body, answer.headers['x-heard']]).toEqual([200, '', 'nobody']);
  });

  it.each([
    'services/web',
    'services/web:http',
    'services/web:80',
    'services/http:web:http',
    'pods/web',
    'pods/http:web:8090',
  ])('reaches %s', async (id) => {
    expect(await ask('GET', id, '/index.html')).toMatchObject({ code: 200, body: 'served\n' });
  });

  it('speaks TLS with pods that want it', async () => {
    expect((await ask('GET', `pods/https:echo:${portOf(encrypted)}`)).code).toBe(200);
    expect((await ask('GET', `pods/echo:${portOf(encrypted)}`)).code).toBe(503);
    expect((await ask('GET', `pods/https:echo:${portOf(plain)}`)).code).toBe(503);
  });

  it('leads redirections through itself, keeps cookies apart, and tokens from pods', async () => {
    const id = `pods/echo:${portOf(plain)}`;
    const moved = await ask('GET', id, '/moved');
    expect([moved.code, moved.headers['location']]).toEqual([302, `/api/v1/namespaces/default/${id}/proxy/there`]);
    const { headers } = await ask('GET', id, '/x');
    expect([headers['set-cookie'], headers['x-heard']]).toEqual([['a=1', 'b=2'], 'nobody']);
  });

  it.each(['plain', 'encrypted'])('hands WebSockets over to pods, %s', async (kind) => {
    const id = kind === 'plain' ? `echo:${portOf(plain)}` : `https:echo:${portOf(encrypted)}`;
    const socket = connect(`pods/${id}`, '/chat?room=1');
    const heard: string[] = [];
    socket.on('message', (message: Buffer) => void heard.push(String(message)));
    await once(socket, 'open');
    await eventually(() => heard[0] === 'hello stranger');
    const large = 'x'.repeat(3_000_000);
    socket.send(large);
    await eventually(() => heard[1] === large);
    const closed = once(socket, 'close') as Promise<[number, Buffer]>;
    socket.send('end');
    expect((await closed).map(String)).toEqual(['4001', 'ended']);
  });

  it('ends what is behind it when its client vanishes, and the client when that does', async () => {
    const vanishing = connect(`pods/echo:${portOf(plain)}`, '/');
    await once(vanishing, 'message');
    vanishing.terminate();
    await eventually(() => behind.size === 0);
    const left = connect(`pods/echo:${portOf(plain)}`, '/');
    await once(left, 'message');
    for (const made of behind) made.terminate();
    expect(await once(left, 'close')).toEqual([1_006, expect.anything()]);
  });

  it('hands over the refusal of who speaks no WebSockets', async () => {
    const socket = connect(`pods/echo:${portOf(plain)}`, '/none');
    const [, answer] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
    expect([answer.statusCode, await text(answer)]).toEqual([403, 'no']);
    const lost = connect('pods/none', '/');
    const [, missing] = (await once(lost, 'unexpected-response')) as [unknown, IncomingMessage];
    expect(missing.statusCode).toBe(404);
  });

  it('tells what can not be reached', async () => {
    expect(await ask('GET', 'services/web:90')).toMatchObject({ code: 503 });
    expect(await ask('GET', 'services/web:other')).toMatchObject({
      code: 503,
      body: expect.stringMatching(
        /error trying to reach service: dial tcp4 .*:8091: connect: connection refused/,
      ) as unknown,
    });
    expect(await ask('GET', 'services/none')).toMatchObject({ code: 404 });
    expect(await ask('GET', 'pods/none')).toMatchObject({ code: 404 });
  });
});

describe('what nodes and pods use', () => {
  const kubectl = (args: string): Promise<string> => node.rig.kubectl(args);

  it('is what kubectl top shows', async () => {
    const shown = await eventually(
      async () => {
        const pods = await kubectl('top pods -A --no-headers --sort-by=memory');
        expect(pods.split('\n').filter((line) => line !== '')).toHaveLength(2);
        return pods;
      },
      { timeoutMs: 20_000 },
    );
    expect(shown).toMatch(/^default +web +\d+m +\d+Mi *$/m);
    expect(await kubectl('top pods -l app=web --containers --no-headers')).toMatch(/^web +main +\d+m +\d+Mi *$/m);
    expect(await kubectl('top pod echo --no-headers')).toMatch(/^echo +/);
    expect(await kubectl('top nodes --sort-by=cpu --no-headers')).toMatch(/^node-a +\d+m +\d+% +\d+Mi +\d+% *$/m);
    expect(await kubectl('get pods.metrics.k8s.io web')).toMatch(
      /^NAME +CPU +MEMORY +WINDOW *\nweb +\d+m +\S+i +\S+s *$/m,
    );
    await expect(kubectl('top pod nobody')).rejects.toThrow('(NotFound)');
    expect(await kubectl('api-resources --api-group=metrics.k8s.io --no-headers')).toMatch(/^nodes .*\npods /m);
  });

  it('is told by the pages of a kubelet', async () => {
    const page = async (path: string) => (await node.rig.http('GET', `/api/v1/nodes/node-a/proxy${path}`)).body;
    const summary = JSON.parse(await page('/stats/summary')) as { pods: { podRef: { name: string } }[] };
    expect(summary).toMatchObject({ node: { nodeName: 'node-a', memory: { availableBytes: expect.any(Number) } } });
    expect(summary.pods.map(({ podRef }) => podRef.name).sort()).toEqual(['echo', 'web']);
    expect(await page('/metrics/resource')).toMatch(
      /^pod_memory_working_set_bytes\{namespace="default",pod="web"\} \d+ \d+$/m,
    );
  });
});
