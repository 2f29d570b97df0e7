import { createServer as createHttp } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { FakeRuntime } from '../runtime/fake-runtime';
import { container } from '../testing/builders';
import { act } from './actions';

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

  it('ask for a path with headers, and take 2xx and 3xx for well', async () => {
    const asked: unknown[] = [];
    const port = await listen(
      createHttp((request, response) => {
        asked.push([request.url, request.headers['user-agent'], request.headers['x-a']]);
        response.writeHead(request.url === '/bad' ? 500 : request.url === '/moved' ? 302 : 200).end('hello');
      }),
    );
    const get = (path: string) =>
      act({ httpGet: { port: 'http', path, httpHeaders: [{ name: 'X-A', value: '1' }] } }, target(port), 1_000);
    expect(await get('/ok')).toEqual({ ok: true, output: 'hello' });
    expect((await get('/moved')).ok).toBe(true);
    expect(await get('/bad')).toEqual({ ok: false, output: 'HTTP probe failed with statuscode: 500' });
    expect(asked[0]).toEqual(['/ok', 'kube-probe/1.32', '1']);
  });

  it('connect, or say why not', async () => {
    const port = await listen(createServer((socket) => socket.end()));
    expect(await act({ tcpSocket: { port } }, target(port), 1_000)).toEqual({ ok: true, output: '' });
    expect(await act({ tcpSocket: { port: 1 } }, target(port), 1_000)).toMatchObject({
      ok: false,
      output: expect.stringContaining('ECONNREFUSED'),
    });
    expect(await act({ tcpSocket: { port: 'none' } }, target(port), 1_000)).toEqual({
      ok: false,
      output: 'couldn\'t find port: "none"',
    });
  });

  it('give up at their time limit', async () => {
    const port = await listen(createServer(() => undefined));
    const began = Date.now();
    expect(await act({ httpGet: { port } }, target(port), 200)).toMatchObject({
      ok: false,
      output: expect.stringContaining('context deadline exceeded'),
    });
    expect(Date.now() - began).toBeLessThan(2_000);
  });
});
