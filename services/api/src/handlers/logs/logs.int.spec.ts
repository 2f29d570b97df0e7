import { once } from 'node:events';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { StreamBroken } from '@shiplog/bus';
import type { StoredObject } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { HttpModule } from '../../http/http.module';
import { ServerCertificate } from '../../http/server-certificate';
import { testConfig, testingModule, clusterOf } from '../../testing/api-testing';
import { TOKEN } from '../../testing/rig';
import { openWebSocket, type WebSocketClient } from '../../testing/web-socket-client';

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'default', uid: 'u', resourceVersion: '7' },
  spec: { nodeName: 'minion.1', containers: [{ name: 'web' }] },
  status: { containerStatuses: [{ name: 'web', state: { running: {} } }] },
} as unknown as StoredObject;

/** What a kubelet writes: lines, and how it ends. */
let lines: string[];
let ending: 'whole' | 'broken' | 'never';
/** Streams from the kubelet that were begun, and those that have ended. */
let begun: number;
let ended: number;

async function* stream(_: unknown, __: unknown, ___: unknown, { signal }: { signal: AbortSignal }) {
  begun++;
  const left = new Promise((resolve) => signal.addEventListener('abort', resolve));
  try {
    for (const line of lines) yield await Promise.resolve(Buffer.from(line));
    if (ending === 'broken') throw new StreamBroken('logs', 'chunk', 'chunk 3 is missing');
    if (ending === 'never' && !signal.aborted) await left;
  } finally {
    ended++;
  }
}

describe('the log of a pod', () => {
  const { config, remove } = testConfig({});
  let app: NestFastifyApplication;
  let port: number;
  beforeAll(async () => {
    const bus = { stream, connection: { isClosed: () => false } };
    const module = await testingModule([HttpModule], { bus: bus as never, config, cluster: clusterOf([pod]) })
      .overrideProvider(ServerCertificate)
      .useValue({})
      .compile();
    app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { bodyParser: false });
    await app.listen(0, '127.0.0.1');
    port = (app.getHttpServer().address() as AddressInfo).port;
  });
  beforeEach(() => {
    [lines, ending, begun, ended] = [['one\n', 'two\n'], 'whole', 0, 0];
  });
  afterAll(async () => {
    await app.close();
    remove();
  });

  const ask = (query = ''): ClientRequest => {
    const path = `/api/v1/namespaces/default/pods/web/log${query}`;
    const asked = request({ port, host: '127.0.0.1', path, headers: { authorization: `Bearer ${TOKEN}` } });
    asked.on('error', () => undefined).end();
    return asked;
  };
  const textOf = async (asked: ClientRequest): Promise<string> => {
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of answer) text += String(chunk);
    return text;
  };

  it('comes whole', async () => {
    expect(await textOf(ask())).toBe('one\ntwo\n');
    expect([begun, ended]).toEqual([1, 1]);
  });

  it.each(['', '?follow=true'])('that breaks off is cut, so that nobody takes it for its end (%s)', async (query) => {
    ending = 'broken';
    await expect(textOf(ask(query))).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('that is not to be had is told as a Status', async () => {
    [lines, ending] = [[], 'broken'];
    expect(JSON.parse(await textOf(ask()))).toMatchObject({ code: 503, message: expect.stringContaining('minion.1') });
  });

  it('ends at the kubelet when its reader leaves', async () => {
    ending = 'never';
    const asked = ask('?follow=true');
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    await once(answer, 'data');
    expect(ended).toBe(0);
    asked.destroy();
    await eventually(() => ended === 1);
  });

  it('ends at the kubelet when its reader has left before the answer began', async () => {
    [lines, ending] = [[], 'never'];
    const asked = ask('?follow=true');
    await eventually(() => begun === 1, { everyMs: 5 });
    asked.destroy();
    await eventually(() => ended === 1, { timeoutMs: 5_000 });
  });

  describe('over a WebSocket', () => {
    const open = (query: string, protocols: string[]): Promise<WebSocketClient> =>
      openWebSocket(`http://127.0.0.1:${port}/api/v1/namespaces/default/pods/web/log${query}`, protocols, {
        headers: { authorization: `Bearer ${TOKEN}` },
      });

    it.each<[string, string[], string | Buffer, (string | Buffer)[]]>([
      ['', ['binary.k8s.io'], 'binary.k8s.io', [Buffer.from(''), Buffer.from('one\n'), Buffer.from('two\n')]],
      ['?follow=true', ['x', 'base64.binary.k8s.io'], 'base64.binary.k8s.io', ['', 'b25lCg==', 'dHdvCg==']],
      ['', [], '', [Buffer.from(''), Buffer.from('one\n'), Buffer.from('two\n')]],
    ])('comes whole (%s, %j)', async (query, protocols, protocol, messages) => {
      const client = await open(query, protocols);
      expect(client.webSocket.protocol).toBe(protocol);
      expect(await client.closed).toBe(1_000);
      expect(client.messages).toEqual(messages);
      expect([begun, ended]).toEqual([1, 1]);
    });

    it('that breaks off does not end as if it were whole', async () => {
      ending = 'broken';
      expect(await (await open('?follow=true', ['binary.k8s.io'])).closed).toBe(1_011);
    });

    it('that is not to be had is told as a Status, over plain HTTP', async () => {
      [lines, ending] = [[], 'broken'];
      await expect(open('', ['binary.k8s.io'])).rejects.toMatchObject({
        code: 503,
        body: expect.stringContaining('minion.1'),
      });
      await expect(open('?container=none', ['binary.k8s.io'])).rejects.toMatchObject({ code: 400 });
    });

    it('is refused to who speaks no protocol of it, and ends at the kubelet', async () => {
      ending = 'never';
      await expect(open('?follow=true', ['channel.k8s.io'])).rejects.toMatchObject({
        code: 403,
        body: expect.stringContaining('not supported: [channel.k8s.io]'),
      });
      await eventually(() => begun === ended);
    });

    it('ends at the kubelet when its reader leaves', async () => {
      ending = 'never';
      const client = await open('?follow=true', ['binary.k8s.io']);
      await eventually(() => client.messages.length === 3);
      client.webSocket.close();
      await eventually(() => ended === 1);
    });
  });
});
