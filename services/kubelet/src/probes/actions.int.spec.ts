import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { HTTPGetAction } from '@shiplog/contracts';
import { FakeRuntime } from '../runtime/testing/fake-runtime';
import { container } from '../testing/builders';
import { RuntimeError } from '../runtime/runtime';
import { portOf, runProbe } from './actions';

const servers: Server[] = [];
const sockets: Socket[] = [];
const listen = async (server: Server): Promise<number> => {
  servers.push(server);
  server.on('connection', (socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};
const target = (port: number) => ({
  runtime: new FakeRuntime(),
  container: container({ ports: [{ name: 'http', containerPort: port }] }),
  containerId: 'c',
  podIP: '127.0.0.1',
});

describe('probes over the network', () => {
  afterAll(() => {
    sockets.forEach((socket) => socket.destroy());
    servers.forEach((server) => server.close());
  });

  const http = (answer: RequestListener): Promise<number> => listen(createHttp(answer));
  const get = (port: number, path: string, more: Partial<HTTPGetAction> = {}) =>
    runProbe({ httpGet: { port: 'http', path, ...more } }, target(port), 1_000);

  it('ask for a path, and take 2xx for well', async () => {
    const asked: unknown[] = [];
    const port = await http((request, response) => {
      asked.push([request.url, request.headers['user-agent'], request.headers.accept, request.headers.host]);
      response.writeHead(request.url === '/bad' ? 500 : 200).end('hello');
    });
    expect(await get(port, '/ok')).toEqual({ ok: true, output: 'hello' });
    expect(await get(port, '/bad')).toEqual({ ok: false, output: 'HTTP probe failed with statuscode: 500' });
    expect(asked[0]).toEqual(['/ok', 'kube-probe/1.32', '*/*', `127.0.0.1:${port}`]);
  });

  it('ask for what a path says, whatever that is', async () => {
    const asked: unknown[] = [];
    const port = await http((request, response) => {
      asked.push(request.url);
      response.end();
    });
    for (const path of ['/health check', 'hc?x=1#part', '/健康', '', '/50%', '/a\r\nB: c'])
      expect(await get(port, path)).toMatchObject({ ok: true });
    expect(asked).toEqual(['/health%20check', '/hc?x=1', '/%E5%81%A5%E5%BA%B7', '/', '/50%25', '/a%0D%0AB:%20c']);
  });

  it('send all headers of one name, none for an empty Accept, and text beyond ASCII as UTF-8', async () => {
    let sent: string[] = [];
    const port = await http((request, response) => {
      sent = request.rawHeaders;
      response.end();
    });
    const headers = { 'X-Two': ['a', 'b'], Accept: [''], Host: ['example.com'], 'X-Text': ['健'] };
    const httpHeaders = Object.entries(headers).flatMap(([name, values]) => values.map((value) => ({ name, value })));
    expect(await get(port, '/', { httpHeaders })).toMatchObject({ ok: true });
    const pairs = sent.flatMap((name, i) =>
      i % 2 === 0 ? [`${name}: ${Buffer.from(sent[i + 1] ?? '', 'latin1').toString()}`] : [],
    );
    expect(pairs.sort()).toEqual([
      'Connection: close',
      'Host: example.com',
      'User-Agent: kube-probe/1.32',
      'X-Text: 健',
      'X-Two: a',
      'X-Two: b',
    ]);
  });

  it.each([
    ['a name', { name: 'X Y', value: '1' }, 'name "X Y"'],
    ['a value', { name: 'x-a', value: 'a\r\nb' }, 'value for "X-A"'],
  ])('fail, and no more, when a header has %s that can not be sent', async (_, header, description) => {
    const port = await http((_request, response) => response.end());
    const output = `Get "http://127.0.0.1:${port}/": net/http: invalid header field ${description}`;
    const failure = { ok: false, output };
    expect(await get(port, '/', { httpHeaders: [header] })).toEqual(failure);
  });

  it('follow redirects on the same host, and judge by what stands at their end', async () => {
    const port = await http((request, response) => {
      const { url = '' } = request;
      if (url === '/app') response.writeHead(302, { Location: '/app/' }).end();
      else if (url === '/away') response.writeHead(302, { Location: 'http://example.com/' }).end('gone');
      else if (url.startsWith('/round')) response.writeHead(301, { Location: `/round${url.length}` }).end();
      else if (url === '/nowhere') response.writeHead(302).end();
      else response.writeHead(404).end();
    });
    expect(await get(port, '/app')).toEqual({ ok: false, output: 'HTTP probe failed with statuscode: 404' });
    expect(await get(port, '/away')).toEqual({
      ok: true,
      isWarning: true,
      output: 'Probe terminated redirects, Response body: gone',
    });
    expect(await get(port, '/nowhere')).toMatchObject({ ok: true, isWarning: true });
    expect(await get(port, '/round')).toMatchObject({
      ok: false,
      output: expect.stringContaining('stopped after 10 redirects'),
    });
  });

  it('judge an answer by its status once there is enough of its body', async () => {
    const port = await http((_, response) => void response.writeHead(200).write(Buffer.alloc(32 * 1024, 'x')));
    const { ok, output } = await get(port, '/');
    expect([ok, output.length]).toEqual([true, 10 * 1024]);
  });

  it('know nothing when a body ends before it is whole, or never does', async () => {
    const port = await http((request, response) => {
      response.writeHead(200, request.url === '/short' ? { 'Content-Length': '10' } : {}).write('abc');
      if (request.url === '/short') setTimeout(() => response.destroy(), 20);
    });
    expect(await get(port, '/short')).toEqual({ ok: false, isUnknown: true, output: 'unexpected EOF' });
    expect(await runProbe({ httpGet: { port } }, target(port), 50)).toEqual({
      ok: false,
      isUnknown: true,
      output: 'context deadline exceeded (Client.Timeout or context cancellation while reading body)',
    });
  });

  it('do not wait for the body of a redirect, and go by the name that it leads to', async () => {
    const hosts: unknown[] = [];
    const port = await http((request, response) => {
      hosts.push(request.headers.host);
      if (request.url === '/end') return void response.end('there');
      const to = request.url === '/' ? '/next' : `http://127.0.0.1:${port}/end`;
      response.writeHead(302, { Location: to }).write('and so on');
    });
    const httpHeaders = [{ name: 'Host', value: 'example.com' }];
    expect(await get(port, '/', { httpHeaders })).toEqual({ ok: true, output: 'there' });
    expect(hosts).toEqual(['example.com', 'example.com', `127.0.0.1:${port}`]);
  });

  it('leave out what would make the request another one', async () => {
    const asked: unknown[] = [];
    const port = await http(({ headers }, response) => {
      asked.push([headers.host, headers['content-length'], headers['transfer-encoding'], headers['user-agent']]);
      response.end();
    });
    const given = { 'Content-Length': '7', 'Transfer-Encoding': 'chunked', Host: '', 'User-Agent': '' };
    const httpHeaders = Object.entries(given).map(([name, value]) => ({ name, value }));
    expect(await get(port, '/', { httpHeaders })).toMatchObject({ ok: true });
    expect(asked).toEqual([[`127.0.0.1:${port}`, undefined, undefined, undefined]]);
  });

  it('take what Go takes for an answer', async () => {
    const answering = (text: string): Promise<number> => listen(createServer((socket) => socket.end(text)));
    const long = `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(40_000)}\r\n\r\nok`;
    const chunked = 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n';
    for (const text of ['HTTP/1.1 200 OK\n\nok', 'HTTP/1.0 200\r\n\r\nok', long, `HTTP/1.1 200 OK\r\n${chunked}`])
      expect(await get(await answering(text), '/')).toEqual({ ok: true, output: 'ok' });
    const switching = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n';
    expect(await get(await answering(switching), '/')).toEqual({
      ok: false,
      output: 'HTTP probe failed with statuscode: 101',
    });
  });

  it('say in Go’s words why there was no answer', async () => {
    const speaking = (text: string): Promise<number> => listen(createServer((socket) => socket.end(text)));
    const closed = await listen(createServer((socket) => socket.on('data', () => socket.end())));
    const reason = async (port: number, more: Partial<HTTPGetAction> = {}): Promise<string> =>
      (await get(port, '/', more)).output.replace(/^Get "[^"]*": /, '');
    const broken = 'net/http: HTTP/1.x transport connection broken: malformed HTTP';
    expect(await reason(1)).toBe('dial tcp 127.0.0.1:1: connect: connection refused');
    expect(await reason(closed)).toBe('EOF');
    expect(await reason(await speaking('hello world\n'))).toBe(`${broken} status code "world"`);
    expect(await reason(await speaking('hello\n'))).toBe(`${broken} response "hello"`);
    expect(await reason(await http((_, response) => response.end()), { scheme: 'HTTPS' })).toBe(
      'http: server gave HTTP response to HTTPS client',
    );
    expect(await reason(80, { host: 'none.invalid' })).toMatch(/^dial tcp: lookup none.invalid: /);
  });

  it('connect, or say why not', async () => {
    const port = await listen(createServer((socket) => socket.end()));
    const connectTo = (to: number | string) => runProbe({ tcpSocket: { port: to } }, target(port), 1_000);
    expect(await connectTo(port)).toEqual({ ok: true, output: '' });
    expect(await connectTo(1)).toMatchObject({
      ok: false,
      output: 'dial tcp 127.0.0.1:1: connect: connection refused',
    });
    expect(await connectTo('none')).toEqual({
      ok: false,
      isUnknown: true,
      output: 'strconv.Atoi: parsing "none": invalid syntax',
    });
    expect(await connectTo('0')).toEqual({ ok: false, isUnknown: true, output: 'invalid port number: 0' });
  });

  it('give up at their time limit', async () => {
    const port = await listen(createServer(() => undefined));
    const began = Date.now();
    expect(await runProbe({ httpGet: { port } }, target(port), 200)).toMatchObject({
      ok: false,
      output: `Get "http://127.0.0.1:${port}/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
    });
    expect(Date.now() - began).toBeLessThan(2_000);
  });
});

describe('what a probe asks', () => {
  it('is a command with the values that the manifest gives', async () => {
    const run: unknown[] = [];
    const runtime = new FakeRuntime();
    runtime.exec = (_, command) => {
      run.push(command);
      return Promise.resolve({ exitCode: 0, output: '', timedOut: false });
    };
    const env = [
      { name: 'DIR', value: '/tmp' },
      { name: 'FAR', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
    ];
    const at = { ...target(80), runtime, container: container({ env }) };
    const exec = { command: ['test', '-d', '$(DIR)', '$(FAR)', '$(NONE)', '$$(DIR)'] };
    await runProbe({ exec }, at, 1_000);
    expect(run).toEqual([['test', '-d', '/tmp', '', '$(NONE)', '$(DIR)']]);
  });

  it('is asked three times of an engine that does not answer, and then unknown', async () => {
    let asked = 0;
    const runtime = new FakeRuntime();
    runtime.exec = () => {
      asked++;
      return Promise.reject(new RuntimeError('unavailable', 'no engine'));
    };
    const result = await runProbe({ exec: { command: ['true'] } }, { ...target(80), runtime }, 1_000);
    expect([result, asked]).toEqual([{ ok: false, isUnknown: true, output: 'no engine' }, 3]);
  });

  it('is a port by its name before it is one by number', () => {
    const ports = [
      { name: '1e3', containerPort: 8080 },
      { name: 'http', containerPort: 80 },
    ];
    expect(['1e3', 'http', 81, '82'].map((port) => portOf(port, container({ ports })))).toEqual([8080, 80, 81, 82]);
    expect(() => portOf('0x50', container({ ports }))).toThrow('strconv.Atoi: parsing "0x50": invalid syntax');
  });
});
