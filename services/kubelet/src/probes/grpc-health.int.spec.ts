import { createServer as createHttp1 } from 'node:http';
import { createServer as createHttp2, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { createServer as createTcp, type AddressInfo, type Server, type Socket } from 'node:net';
import { container } from '../testing/builders';
import { FakeRuntime } from '../runtime/testing/fake-runtime';
import { runProbe } from './actions';

const servers: Server[] = [];
const sockets: Socket[] = [];
const listen = async (server: Server | Http2Server, port = 0): Promise<number> => {
  servers.push(server);
  server.on('connection', (socket: Socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

/** What a call brought: the path, headers and message that came. */
interface Call {
  readonly stream: ServerHttp2Stream;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly message: Buffer;
}

/** A gRPC server: HTTP/2 without TLS, that answers each call once its message is there. */
const grpc = (answer: (call: Call) => void): Promise<number> => {
  const server = createHttp2();
  server.on('stream', (stream, headers) => {
    const parts: Buffer[] = [];
    stream.on('error', () => undefined).on('data', (part: Buffer) => parts.push(part));
    stream.on('end', () => answer({ stream, headers, message: Buffer.concat(parts) }));
  });
  return listen(server);
};
const message = (...bytes: number[]): Buffer => Buffer.from([0, 0, 0, 0, bytes.length, ...bytes]);
const OK = { ':status': 200, 'content-type': 'application/grpc' };
/** A message and what the call came to, as gRPC servers answer. */
const reply = ({ stream }: Call, bytes: Buffer, trailers: Record<string, string> = { 'grpc-status': '0' }): void => {
  stream.respond(OK, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.end(bytes);
};
/** What a call came to, in the headers alone: so answer servers that fail. */
const fail = ({ stream }: Call, headers: Record<string, string>): void => {
  stream.respond({ ...OK, ...headers }, { endStream: true });
};
const probe = (port: number, { service, timeoutMs = 1_000 }: { service?: string; timeoutMs?: number } = {}) =>
  runProbe(
    { grpc: { port, ...(service === undefined ? {} : { service }) } },
    { runtime: new FakeRuntime(), container: container({}), containerId: 'c', podIP: '127.0.0.1' },
    timeoutMs,
  );

describe('gRPC probes', () => {
  afterAll(() => {
    sockets.forEach((socket) => socket.destroy());
    servers.forEach((server) => server.close());
  });

  it('ask the health service for a service by name, and take SERVING for well', async () => {
    const asked: unknown[] = [];
    const port = await grpc((call) => {
      const { ':path': path, ':method': method, te, 'user-agent': agent, 'content-type': type } = call.headers;
      asked.push([method, path, te, agent, type, call.message.toString('latin1')]);
      reply(call, message(8, 1));
    });
    const healthy = { ok: true, output: 'service healthy' };
    expect(await probe(port)).toEqual(healthy);
    expect(await probe(port, { service: '' })).toEqual(healthy);
    expect(await probe(port, { service: 'shop.é' })).toEqual(healthy);
    const common = ['POST', '/grpc.health.v1.Health/Check', 'trailers', 'kube-probe/1.32', 'application/grpc'];
    const named = Buffer.from('\0\0\0\0\x09\x0a\x07shop.é').toString('latin1');
    expect(asked).toEqual([
      [...common, '\0\0\0\0\0'],
      [...common, '\0\0\0\0\0'],
      [...common, named],
    ]);
  });

  it('ask for a service whose name is long', async () => {
    const name = 'x'.repeat(300);
    const port = await grpc((call) => {
      const { message: asked } = call;
      const isWhole =
        asked.readUInt32BE(1) === 303 && asked.subarray(5).equals(Buffer.from(`\x0a\u00ac\x02${name}`, 'latin1'));
      reply(call, message(8, isWhole ? 1 : 2));
    });
    expect(await probe(port, { service: name })).toMatchObject({ ok: true });
  });

  it.each([
    [[], 'UNKNOWN'],
    [[8, 0], 'UNKNOWN'],
    [[8, 2], 'NOT_SERVING'],
    [[8, 3], 'SERVICE_UNKNOWN'],
    [[8, 0x81, 0x01], '129'],
    // A field that is not known stands before the status.
    [[0x12, 2, 8, 1, 8, 2], 'NOT_SERVING'],
  ])('take %j for unhealthy', async (bytes, name) => {
    const port = await grpc((call) => reply(call, message(...bytes)));
    expect(await probe(port)).toEqual({ ok: false, output: `service unhealthy (responded with "${name}")` });
  });

  it('say that a server has no health service', async () => {
    const port = await grpc((call) =>
      fail(call, { 'grpc-status': '12', 'grpc-message': 'unknown service grpc.health.v1.Health' }),
    );
    expect(await probe(port)).toEqual({
      ok: false,
      output:
        'error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ' +
        'unknown service grpc.health.v1.Health',
    });
  });

  it.each([
    [
      { 'grpc-status': '5', 'grpc-message': 'unknown service%3A %E5%81%A5' },
      'code = NotFound desc = unknown service: 健',
    ],
    [{ 'grpc-status': '14', 'grpc-message': '50% %zz' }, 'code = Unavailable desc = 50% %zz'],
    [{ 'grpc-status': '99' }, 'code = Code(99) desc = '],
    [{}, 'code = Internal desc = server closed the stream without sending trailers'],
  ])('tell what a call with %j came to', async (headers, told) => {
    const failure = { ok: false, output: `error: health rpc probe failed: rpc error: ${told}` };
    expect(await probe(await grpc((call) => fail(call, headers as Record<string, string>)))).toEqual(failure);
    expect(await probe(await grpc((call) => reply(call, message(8, 1), headers as Record<string, string>)))).toEqual(
      failure,
    );
  });

  it('tell of an answer that is not one of gRPC', async () => {
    const port = await grpc(({ stream }) => {
      stream.respond({ ':status': 403, 'content-type': 'text/html' });
      stream.end('<p>no</p>');
    });
    expect(await probe(port)).toEqual({
      ok: false,
      output:
        'error: health rpc probe failed: rpc error: code = PermissionDenied desc = unexpected HTTP status code received ' +
        'from server: 403 (Forbidden); transport: received unexpected content-type "text/html"',
    });
  });

  it('fail on messages that break off or never end', async () => {
    const cut = await grpc((call) => reply(call, Buffer.from([0, 0, 0, 0, 9, 8, 1])));
    expect(await probe(cut)).toMatchObject({ ok: false, output: expect.stringContaining('code = Internal') });
    const endless = await grpc(({ stream }) => {
      stream.respond(OK);
      const timer = setInterval(() => stream.write(Buffer.alloc(64 * 1024, 'x')), 1);
      stream.on('close', () => clearInterval(timer));
    });
    expect(await probe(endless)).toMatchObject({
      ok: false,
      output: expect.stringContaining('code = ResourceExhausted'),
    });
  });

  it('fail when the server ends the stream or the connection', async () => {
    const reset = await grpc(({ stream }) => stream.close(8));
    const canceled = 'code = Canceled desc = stream terminated by RST_STREAM with error code: CANCEL';
    expect(await probe(reset)).toMatchObject({ ok: false, output: expect.stringContaining(canceled) });
    const gone = await grpc(({ stream }) => stream.session?.destroy());
    const unavailable = 'code = Unavailable desc = error reading from server: EOF';
    expect(await probe(gone)).toMatchObject({ ok: false, output: expect.stringContaining(unavailable) });
  });

  it('give up at their time limit, and say how far they came', async () => {
    const silent = await grpc(() => undefined);
    const began = Date.now();
    expect(await probe(silent, { timeoutMs: 300 })).toEqual({
      ok: false,
      output: 'timeout: health rpc did not complete within 300ms',
    });
    const unconnected = (port: number): object => ({
      ok: false,
      output: `timeout: failed to connect service "127.0.0.1:${port}" within 300ms: context deadline exceeded`,
    });
    const mute = await listen(createTcp(() => undefined));
    expect(await probe(mute, { timeoutMs: 300 })).toEqual(unconnected(mute));
    const http1 = await listen(createHttp1((_, response) => response.end('hello')));
    expect(await probe(http1, { timeoutMs: 300 })).toEqual(unconnected(http1));
    expect(await probe(1, { timeoutMs: 300 })).toEqual(unconnected(1));
    expect(Date.now() - began).toBeLessThan(5_000);
  });

  it('wait for a server that comes up within the time limit', async () => {
    const free = await listen(createTcp());
    await new Promise((resolve) => servers.at(-1)?.close(resolve));
    const answer = probe(free, { timeoutMs: 20_000 });
    const late = createHttp2();
    late.on('stream', (stream) => reply({ stream, headers: {}, message: Buffer.alloc(0) }, message(8, 1)));
    await new Promise((resolve) => setImmediate(resolve));
    await listen(late, free);
    expect(await answer).toEqual({ ok: true, output: 'service healthy' });
  });
});
