import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import {
  connect,
  constants,
  type ClientHttp2Session,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import { eventually } from '@shiplog/testing';
import { Rig, TOKEN } from './testing/rig';
import { configMap } from './testing/steps';

let rig: Rig;
let ca: Buffer;
let session: ClientHttp2Session;
beforeAll(async () => {
  rig = await Rig.start();
  ca = readFileSync(join(rig.directory, 'ca.pem'));
  session = await dial();
});
afterAll(async () => {
  session?.destroy();
  await rig?.stop();
});

async function dial(): Promise<ClientHttp2Session> {
  const made = connect(rig.url, { ca, maxSendHeaderBlockLength: 300_000 });
  await once(made, 'connect');
  made.on('error', () => undefined);
  return made;
}

interface Answer {
  readonly code: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const path = '/api/v1/namespaces/default/configmaps';

/** One request over HTTP/2, answered whole. */
async function ask(method: string, url: string, body?: unknown, headers: OutgoingHttpHeaders = {}): Promise<Answer> {
  const about = { ':method': method, ':path': url, authorization: `Bearer ${TOKEN}`, ...headers };
  const json = body === undefined ? {} : { 'content-type': 'application/json' };
  const stream = session.request({ ...json, ...about }, { endStream: body === undefined });
  const answered = once(stream, 'response') as Promise<[IncomingHttpHeaders]>;
  if (body !== undefined) stream.end(typeof body === 'string' ? body : JSON.stringify(body));
  const [head] = await answered;
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return { code: Number(head[':status']), headers: head, body: Buffer.concat(chunks) };
}

describe('HTTP/2', () => {
  it('is chosen by ALPN, beside HTTP/1.1 on the same port', async () => {
    expect(session.alpnProtocol).toBe('h2');
    expect((await rig.http('GET', '/version')).code).toBe(200);
    expect(session.remoteSettings).toMatchObject({ maxConcurrentStreams: 100 });
  });

  it('reads, writes and deletes', async () => {
    const created = await ask('POST', path, { ...configMap('two'), data: { a: '1' } });
    expect([created.code, created.headers['content-type']]).toEqual([201, 'application/json']);
    expect(created.headers['connection']).toBeUndefined();
    expect(JSON.parse((await ask('GET', `${path}/two`)).body.toString())).toMatchObject({ data: { a: '1' } });
    const head = await ask('HEAD', `${path}/two`);
    expect([head.code, head.body.length]).toEqual([200, 0]);
    expect(Number(head.headers['content-length'])).toBeGreaterThan(100);
    expect((await ask('DELETE', `${path}/two`)).code).toBe(200);
    expect((await ask('GET', `${path}/two`)).code).toBe(404);
  });

  it('watches on one stream of many, and ends the one that is cancelled', async () => {
    const watching = session.request({
      ':path': `${path}?watch=1&fieldSelector=metadata.name%3Dw`,
      authorization: `Bearer ${TOKEN}`,
    });
    let seen = '';
    watching.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    await once(watching, 'response');
    const running = async (): Promise<string | undefined> =>
      /apiserver_longrunning_requests\{verb="WATCH"[^}]*resource="configmaps"[^}]*\} (\d+)/.exec(
        (await ask('GET', '/metrics')).body.toString(),
      )?.[1];
    expect(await running()).toBe('1');
    expect((await ask('POST', path, configMap('w'))).code).toBe(201);
    await eventually(() => /"type":"ADDED".*"name":"w"/.test(seen));
    watching.close(constants.NGHTTP2_CANCEL);
    await eventually(async () => (await running()) === '0');
    expect((await ask('DELETE', `${path}/w`)).code).toBe(200);
  });

  it('holds back for one stream that is not read, and no other', async () => {
    const big = { ...configMap('big'), data: { a: 'x'.repeat(900_000) } };
    expect((await ask('POST', path, big)).code).toBe(201);
    const slow = session.request({ ':path': `${path}/big`, authorization: `Bearer ${TOKEN}` });
    slow.pause();
    await once(slow, 'response');
    expect((await ask('GET', '/version')).code).toBe(200);
    let length = 0;
    for await (const chunk of slow) length += (chunk as Buffer).length;
    expect(length).toBeGreaterThan(900_000);
    expect((await ask('DELETE', `${path}/big`)).code).toBe(200);
  });

  it('takes no more of a body than it may have', async () => {
    const about = { ':method': 'POST', ':path': path, authorization: `Bearer ${TOKEN}` };
    const told = session.request({ ...about, 'content-length': 4_000_000 });
    told.on('error', () => undefined).write('x');
    const [head] = (await once(told, 'response')) as [IncomingHttpHeaders];
    expect(head[':status']).toBe(413);
    const untold = await ask('POST', path, 'x'.repeat(4_000_000));
    expect([untold.code, JSON.parse(untold.body.toString())]).toMatchObject([
      413,
      { kind: 'Status', reason: 'RequestEntityTooLarge' },
    ]);
    expect((await ask('GET', '/version')).code).toBe(200);
  });

  it('takes no more of headers than it may have', async () => {
    const refused = await ask('GET', path, undefined, { 'x-large': 'x'.repeat(70_000) });
    expect([refused.code, JSON.parse(refused.body.toString())]).toMatchObject([431, { kind: 'Status', code: 431 }]);
    expect((await ask('GET', path, undefined, { 'x-large': 'x'.repeat(30_000) })).code).toBe(200);
  });

  it.each(['TRACE', 'PROPFIND', 'OPTIONS', 'NONSENSE'])('does not allow %s', async (method) => {
    const refused = await ask(method, path);
    expect([refused.code, JSON.parse(refused.body.toString())]).toMatchObject([
      405,
      { kind: 'Status', reason: 'MethodNotAllowed' },
    ]);
  });

  it('ends the connection of who does not say who they are', async () => {
    const strange = await dial();
    const stream = strange.request({ ':path': path });
    const [head] = (await once(stream, 'response')) as [IncomingHttpHeaders];
    stream.resume();
    expect(head[':status']).toBe(403);
    await once(strange, 'close');
  });

  it('ends the connection of who cancels streams as fast as they can', async () => {
    const hasty = await dial();
    const ended = new Promise<void>((resolve) => hasty.once('close', resolve));
    let sent = 0;
    const flood = (): void => {
      if (hasty.destroyed || hasty.closed || sent > 20_000) return;
      const streams = Array.from({ length: 50 }, () =>
        hasty.request({ ':path': path, authorization: `Bearer ${TOKEN}` }).on('error', () => undefined),
      );
      sent += streams.length;
      // Once they are on their way.
      setImmediate(() => {
        for (const stream of streams) stream.close(constants.NGHTTP2_CANCEL);
        setImmediate(flood);
      });
    };
    flood();
    await ended;
    expect(sent).toBeLessThan(20_000);
    expect((await ask('GET', '/version')).code).toBe(200);
  });
});

/** What a raw text of HTTP/1.1 is answered with. */
async function raw(text: string): Promise<string> {
  const socket = connectTls({ port: rig.port, host: '127.0.0.1', ca, ALPNProtocols: ['http/1.1'] });
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  socket.write(text);
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  await once(socket, 'close');
  return answer;
}

describe('HTTP/1.1', () => {
  const head = `Host: x\r\nAuthorization: Bearer ${TOKEN}\r\nConnection: close\r\n`;

  it.each([
    ['TRACE', 405],
    ['PROPFIND', 405],
    ['OPTIONS', 405],
    ['NONSENSE', 405],
  ])('does not allow %s', async (method, code) => {
    const answer = await raw(`${method} ${path} HTTP/1.1\r\n${head}\r\n`);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${code} `));
    expect(answer).toMatch(/"kind":"Status"[^]*"reason":"MethodNotAllowed"/);
  });

  it('takes the URL as a whole, as proxies do', async () => {
    expect(await raw(`GET https://elsewhere:1/version?x HTTP/1.1\r\n${head}\r\n`)).toMatch(
      /^HTTP\/1.1 200 [^]*gitVersion/,
    );
    expect(await raw(`GET https://elsewhere${path} HTTP/1.1\r\n${head}\r\n`)).toMatch(
      /^HTTP\/1.1 200 [^]*ConfigMapList/,
    );
  });

  it('takes no more of headers than it may have', async () => {
    const refused = await raw(`GET ${path} HTTP/1.1\r\n${head}X-Large: ${'x'.repeat(70_000)}\r\n\r\n`);
    expect(refused).toMatch(/^HTTP\/1.1 431 Request Header Fields Too Large\r\n[^]*"kind":"Status"[^]*"code":431/);
    expect(await raw(`GET ${path} HTTP/1.1\r\n${head}X-Large: ${'x'.repeat(30_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 200 /,
    );
    expect(await raw(`nonsense\r\n\r\n`)).toMatch(/^HTTP\/1.1 40[05] [^]*"kind":"Status"/);
  });

  it('compresses large answers for those who take them so', async () => {
    const big = { ...configMap('large'), data: { a: 'x'.repeat(200_000) } };
    await rig.http('POST', path, big);
    const encoded = await ask('GET', `${path}/large`, undefined, { 'accept-encoding': 'deflate, gzip' });
    expect(encoded.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
    expect(encoded.body.length).toBeLessThan(10_000);
    expect(Number(encoded.headers['content-length'])).toBe(encoded.body.length);
    const plain = await ask('GET', `${path}/large`);
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(gunzipSync(encoded.body).equals(plain.body)).toBe(true);
    expect(
      (await ask('GET', '/version', undefined, { 'accept-encoding': 'gzip' })).headers['content-encoding'],
    ).toBeUndefined();
    await rig.http('DELETE', `${path}/large`);
  });

  it('says the paths that lead further, and that others lead nowhere', async () => {
    const { paths } = JSON.parse((await rig.http('GET', '/')).body) as { paths: string[] };
    expect(paths).toEqual(expect.arrayContaining(['/api/v1', '/apis/events.k8s.io/v1', '/metrics', '/readyz/journal']));
    const nowhere = await rig.http('GET', '/nowhere');
    expect([nowhere.code, nowhere.body, nowhere.headers['content-type']]).toEqual([
      404,
      '404 page not found\n',
      'text/plain; charset=utf-8',
    ]);
    expect((await rig.http('GET', '/apis/nothing.example.com/v1/things')).body).toBe('404 page not found\n');
    expect(JSON.parse((await rig.http('GET', '/api/v1/things')).body)).toMatchObject({
      kind: 'Status',
      reason: 'NotFound',
    });
  });

  it('counts what it answers under the names that Kubernetes has for it', async () => {
    await rig.http('GET', `${path}/not-there`);
    const { headers, body } = await rig.http('GET', '/metrics');
    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    for (const line of [
      /^apiserver_request_total\{verb="GET",dry_run="",group="",version="v1",resource="configmaps",subresource="",scope="resource",component="apiserver",code="404"\} \d+$/m,
      /^apiserver_request_duration_seconds_bucket\{verb="LIST",.*resource="configmaps",.*le="0\.005"\} \d+$/m,
      /^apiserver_request_duration_seconds_count\{verb="POST",.*scope="resource",component="apiserver"\} \d+$/m,
      /^apiserver_watch_events_total\{group="",version="v1",kind="ConfigMap"\} [1-9]\d*$/m,
      /^apiserver_current_inflight_requests\{request_kind="readOnly"\} 1$/m,
      /^apiserver_storage_objects\{resource="namespaces"\} 4$/m,
      /^process_resident_memory_bytes \d+$/m,
      /^kubernetes_build_info\{major="1",minor="32",/m,
    ]) {
      expect(body).toMatch(line);
    }
    expect((await rig.http('GET', '/metrics', undefined, { authorization: '' })).code).toBe(403);
  });
});

describe('a server that stops', () => {
  it('ends the watches of HTTP/2, and then their connections', async () => {
    const watching = session.request({ ':path': `${path}?watch=1`, authorization: `Bearer ${TOKEN}` });
    await once(watching, 'response');
    let ended = false;
    watching.on('end', () => (ended = true)).resume();
    // Of the stream: Node's client says of its session that it has closed only when it has nothing left that it would send.
    const closed = once(watching, 'close');
    await Promise.all([rig.stopService('api'), closed]);
    expect(ended).toBe(true);
  });
});
