import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { eventually } from '@shiplog/testing';
import { makeCertificate } from './testing/certificate';
import { Rig, TOKEN } from './testing/rig';
import { configMap } from './testing/steps';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(async () => {
  await rig?.stop();
});

const path = '/api/v1/namespaces/default/configmaps';
const file = (name: string): string => join(rig.directory, name);
const as = (token: string): { authorization: string } => ({ authorization: `Bearer ${token}` });

/** A connection of its own, by hand. */
async function dial(options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ port: rig.port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  let failure: Error | undefined;
  socket.on('error', (error) => (failure = error));
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve).once('close', () => reject(failure ?? new Error('closed')));
  });
  return socket;
}

/** The head of a POST whose body of `length` bytes is still to come. */
const head = (length: number, token?: string): string =>
  [
    `POST ${path} HTTP/1.1`,
    'host: x',
    'content-type: application/json',
    `content-length: ${length}`,
    ...(token === undefined ? [] : [`authorization: Bearer ${token}`]),
    '\r\n',
  ].join('\r\n');

describe('who may come in', () => {
  it('takes a token in and out without a restart, and keeps the last good ones when the file is wrong', async () => {
    const admin = readFileSync(file('tokens.csv'), 'utf8');
    const may = async (token: string): Promise<boolean> =>
      (await rig.http('GET', path, undefined, as(token))).code === 200;
    expect(await may('second')).toBe(false);
    writeFileSync(file('tokens.csv'), `${admin}second,vera,7,"system:masters"\n`);
    await eventually(() => may('second'));
    writeFileSync(file('tokens.csv'), `${admin}third\n`);
    await eventually(() => rig.said.includes('line 2 of the token file is not of the form'));
    expect([await may('second'), await may('third'), await may(TOKEN)]).toEqual([true, false, true]);
    writeFileSync(file('tokens.csv'), admin);
    await eventually(async () => !(await may('second')));
    expect(await may(TOKEN)).toBe(true);
  });

  it('does not start with a token file that it can not read', async () => {
    const tokens = file('broken.csv');
    writeFileSync(tokens, `${TOKEN},admin,1,"system:masters"\nt0ken\n`);
    expect(await rig.failToStart({ TOKEN_FILE: tokens })).toMatchObject({
      code: 64,
      err: expect.stringMatching(
        /^api can't start: the tokens \(TOKEN_FILE\) can't be used: line 2 of the token file [^\n]*\n$/,
      ) as string,
    });
  });

  it('shows a new certificate to new connections, and keeps the old one while the new pair does not match', async () => {
    const pair = await makeCertificate();
    const shown = async (): Promise<string> => {
      const socket = await dial();
      const { raw } = socket.getPeerCertificate();
      socket.destroy();
      return `-----BEGIN CERTIFICATE-----\n${raw.toString('base64').replace(/(.{64})(?!$)/g, '$1\n')}\n-----END CERTIFICATE-----`;
    };
    const plain = (pem: string): string => pem.trim().replaceAll('\r', '');
    const before = readFileSync(file('cert.pem'), 'utf8');
    expect(await shown()).toBe(plain(before));
    writeFileSync(file('cert.pem'), pair.cert);
    await eventually(() => /the certificate and its key[^"]*can't be used; the last good ones stay/.test(rig.said));
    expect(await shown()).toBe(plain(before));
    writeFileSync(file('key.pem'), pair.key);
    await eventually(async () => (await shown()) === plain(pair.cert));
    rig.trust(pair.ca);
    expect((await rig.http('GET', path)).code).toBe(200);
  });

  it.each([
    ['a CBC suite', 'ECDHE-ECDSA-AES128-SHA256', false],
    ["a CBC suite of TLS 1.0's time", 'ECDHE-ECDSA-AES256-SHA', false],
    ['RSA key exchange', 'AES128-GCM-SHA256', false],
    ['AES-GCM', 'ECDHE-ECDSA-AES128-GCM-SHA256', true],
    ['ChaCha20', 'ECDHE-ECDSA-CHACHA20-POLY1305', true],
  ])('speaks TLS 1.2 with %s: %s is %s', async (_, ciphers, spoken) => {
    const attempt = dial({ maxVersion: 'TLSv1.2', ciphers }).then((socket) => socket.destroy());
    await (spoken ? expect(attempt).resolves.toBeDefined() : expect(attempt).rejects.toThrow(/handshake failure/));
  });
});

describe('what a client may take', () => {
  const GUESTS = 60;
  const BODY = 3 * 1024 * 1024;
  const CHUNK = Buffer.alloc(64 * 1024, 'x');

  it('holds no body of those who do not say who they are, and lets go of them', async () => {
    expect((await rig.http('GET', path)).code).toBe(200);
    const before = rig.apiMemory;
    const sockets = await Promise.all(Array.from({ length: GUESTS }, () => dial()));
    const answers = sockets.map(async (socket) => {
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      socket.write(head(BODY));
      // All but the last byte, as fast as it is taken: the server has to let go by itself.
      for (let sent = 1; sent < BODY && !socket.destroyed; sent += CHUNK.length) {
        if (!socket.write(CHUNK)) {
          await Promise.race([new Promise<void>((resolve) => socket.once('drain', () => resolve())), closed]);
        }
      }
      await closed;
      return text;
    });
    for (const answer of await Promise.all(answers)) expect(answer).toMatch(/^HTTP\/1.1 403 Forbidden\r\n/);
    // What a process has taken from its system for a while is no measure of a few megabytes; all bodies are twice this.
    expect(rig.apiMemory - before).toBeLessThan((GUESTS * BODY) / 2);
  });

  it('lets curl and other clients that send their whole body first read the refusal', async () => {
    const { code } = await rig.http('POST', path, 'x'.repeat(100_000), { authorization: 'Bearer unknown' });
    expect(code).toBe(401);
  });

  it('does not wait longer for a request than it may take, and does not cut watches', async () => {
    await rig.stopService('api');
    rig.startApi({ API_REQUEST_TIMEOUT: '1s' });
    await rig.ready();
    const watching = rig.http('GET', `${path}?watch=1&timeoutSeconds=4`);
    const slow = await dial();
    const begun = Date.now();
    slow.resume().write(`${head(100, TOKEN)}{`);
    await once(slow, 'close');
    expect(Date.now() - begun).toBeLessThan(3_500);
    expect((await watching).code).toBe(200);
    expect(Date.now() - begun).toBeGreaterThan(3_500);
  });

  it('answers 429 when too many requests are in flight, and counts no watches', async () => {
    await rig.stopService('api');
    rig.startApi({ API_MAX_READS: '1', API_MAX_WRITES: '1' });
    await rig.ready();
    const watching = [1, 2].map(() => rig.http('GET', `${path}?watch=1&timeoutSeconds=3`));
    const held = await dial();
    held.write(`${head(100, TOKEN)}{`);
    const refused = await eventually(async () => {
      const answer = await rig.http('POST', path, configMap('one-too-many'));
      return answer.code === 429 ? answer : undefined;
    });
    expect(refused.headers['retry-after']).toBe('1');
    expect(refused.body).toBe('Too many requests, please try again later.\n');
    expect((await rig.http('GET', path)).code).toBe(200);
    held.destroy();
    await eventually(async () => (await rig.http('POST', path, configMap('after-it'))).code === 201);
    for (const watch of watching) expect((await watch).code).toBe(200);
  });

  it('closes connections over the limit, and serves those that are open', async () => {
    await rig.stopService('api');
    rig.startApi({ API_MAX_CONNECTIONS: '20' });
    await rig.ready();
    const sockets = await Promise.all(Array.from({ length: 30 }, () => dial().catch(() => undefined)));
    const open = sockets.filter((socket) => socket !== undefined);
    expect(open.length).toBeGreaterThan(5);
    expect(open.length).toBeLessThan(20);
    expect((await rig.http('GET', path)).code).toBe(200);
    for (const socket of open) socket.destroy();
    await eventually(async () => (await dial()).destroy());
  });
});

describe('a write that happened is answered as one', () => {
  const warned = (name: string, fields: object) => rig.http('POST', path, { ...configMap(name), ...fields });

  it('whatever the fields are called that are warned of', async () => {
    const { code, headers } = await warned('odd', { цвет: 'red', 'li\nne': 1, '"quo\\ted"': 1 });
    expect(code).toBe(201);
    const warning = Buffer.from(headers.warning as string, 'latin1').toString('utf8');
    expect(warning).toBe(
      String.raw`299 - "unknown field \"цвет\"", 299 - "unknown field \"li\\nne\"", 299 - "unknown field \"\\\"quo\\\\ted\\\"\""`,
    );
  });

  it('however many they are', async () => {
    const many = Object.fromEntries(Array.from({ length: 6_000 }, (_, i) => [`field-number-${i}`, i]));
    const { code, headers } = await warned('many', many);
    expect(code).toBe(201);
    const { warning } = headers;
    expect(warning).toMatch(/^299 - "unknown field \\"field-number-0\\"", /);
    expect((warning as string).length).toBeLessThan(8_192);
  });

  const json = (code: string) => ({ 'content-type': `application/${code}+json` });
  const held = { metadata: { name: 'held', finalizers: ['example.org/wait'] }, data: { a: 'b' } };

  it.each<[string, () => ReturnType<Rig['http']>]>([
    ['a merge patch', () => rig.http('PATCH', `${path}/held`, { metadata: { finalizers: null } }, json('merge-patch'))],
    [
      'a JSON patch',
      () => rig.http('PATCH', `${path}/held`, [{ op: 'remove', path: '/metadata/finalizers' }], json('json-patch')),
    ],
    ['a replacement', () => rig.http('PUT', `${path}/held`, { ...configMap('held'), data: held.data })],
  ])('when %s takes the last finalizer of an object that is to go', async (_, letGo) => {
    expect((await rig.http('POST', path, { ...configMap('held'), ...held })).code).toBe(201);
    expect((await rig.http('DELETE', `${path}/held`)).code).toBe(200);
    const answer = await letGo();
    expect([answer.code, JSON.parse(answer.body)]).toMatchObject([200, { kind: 'ConfigMap', data: { a: 'b' } }]);
    expect(answer.body).not.toMatch(/finalizers/);
    expect((await rig.http('GET', `${path}/held`)).code).toBe(404);
  });

  it('and a replacement that does not say of what replaces nothing', async () => {
    await rig.http('POST', path, { ...configMap('kept'), data: { a: 'b' } });
    const nameless = await rig.http('PUT', `${path}/kept`, { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} });
    expect(nameless.code).toBe(400);
    expect(nameless.body).toMatch(/the name of the object \(kept based on URL\) was undeterminable/);
    expect(JSON.parse((await rig.http('GET', `${path}/kept`)).body)).toMatchObject({ data: { a: 'b' } });
  });

  it.each(['json', 'constructor', 'a b/c;d', '__proto__'])(
    'a body of the type "%s" is refused as unknown',
    async (type) => {
      const answer = await rig.http('POST', path, configMap('never'), { 'content-type': type });
      expect(answer.code).toBe(415);
      expect(answer.body).toMatch(/accepted media types include: application\/json, application\/yaml/);
    },
  );

  it('and a body of no type is JSON', async () => {
    expect((await rig.http('POST', path, configMap('typeless'), { 'content-type': '' })).code).toBe(201);
  });

  it('and one whose answer could not be shown is refused before it happens', async () => {
    expect((await rig.http('POST', path, configMap('not-shown'), { accept: 'text/html' })).code).toBe(406);
    expect((await rig.http('GET', `${path}/not-shown`)).code).toBe(404);
  });

  it.each([
    ['JSON', 'application/json', `{"data":${'['.repeat(50_000)}${']'.repeat(50_000)}}`],
    ['YAML', 'application/yaml', `data: ${'['.repeat(1_000)}${']'.repeat(1_000)}`],
  ])('a body of %s that is nested too deeply is refused as a bad request', async (_, type, body) => {
    const answer = await rig.http('POST', path, body, { 'content-type': type });
    expect(answer.code).toBe(400);
    expect(answer.body).toMatch(/nested too deeply|error converting YAML to JSON/);
  });
});
