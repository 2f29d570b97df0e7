import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { eventually } from '@shiplog/testing';
import type { OutStream, StreamAnswer } from '../../rest/answer';
import { openWebSocket, type WebSocketClient } from '../../testing/web-socket-client';
import { framingOf, type Framing } from './rules/framing';
import { sendOverWebSocket } from './web-socket-stream';

/** What is sent to the next client, and what came of it. */
let write: StreamAnswer['write'];
let sent: number;
let broken: unknown[];
let over: Promise<void>;
let stopping: AbortController;
let server: Server;
beforeAll(async () => {
  server = createServer();
  server.on('upgrade', (request, socket, head) => {
    const answer: StreamAnswer = { kind: 'stream', code: 200, type: 'text/plain', content: 'bytes', write };
    const framing = framingOf('bytes', ['binary.k8s.io']) as Framing;
    over = sendOverWebSocket({ request, socket, head }, answer, framing, stopping.signal, {
      broke: (error) => broken.push(error),
      sent: ({ length }) => (sent += length),
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
beforeEach(() => {
  [sent, broken, stopping] = [0, [], new AbortController()];
});
afterAll(() => server.close());

const open = (): Promise<WebSocketClient> => {
  const { port } = server.address() as AddressInfo;
  return openWebSocket(`http://127.0.0.1:${port}`, ['binary.k8s.io'], {});
};

/** A stream that goes on until its client has left. */
const endless = (out: OutStream): Promise<void> =>
  new Promise((resolve) => {
    if (out.signal.aborted) return resolve();
    out.signal.addEventListener('abort', () => resolve());
  });

describe('a stream over a WebSocket', () => {
  it('begins with an empty message, and ends with 1000', async () => {
    write = async (out) => void out.write(Buffer.from('whole'));
    const client = await open();
    expect(await client.text()).toBe('whole');
    expect(client.messages).toHaveLength(2);
  });

  it('that breaks off ends with another code, so that nobody takes it for its end', async () => {
    write = (out) => {
      out.write(Buffer.from('half'));
      return Promise.reject(new Error('lost'));
    };
    expect(await (await open()).closed).toBe(1_011);
    expect(broken).toEqual([new Error('lost')]);
  });

  it('waits for a client that is behind, and for no other, and goes on when it has caught up', async () => {
    const total = 32;
    let waited = 0;
    write = async (out) => {
      for (let i = 0; i < total; i++) {
        if (out.write(Buffer.alloc(1024 * 1024, 'x'))) continue;
        waited++;
        await out.drained();
      }
    };
    const client = await open();
    client.webSocket.pause();
    await eventually(() => waited > 0);
    expect(sent).toBeLessThan(total * 1024 * 1024);
    expect((await (await open()).text()).length).toBe(total * 1024 * 1024);
    client.webSocket.resume();
    expect((await client.text()).length).toBe(total * 1024 * 1024);
  });

  it('ends when its client leaves, or vanishes', async () => {
    write = endless;
    for (const leave of ['close', 'terminate'] as const) {
      (await open()).webSocket[leave]();
      await over;
    }
  });

  it('ends also while its client is behind', async () => {
    write = async (out) => {
      while (!out.signal.aborted) if (!out.write(Buffer.alloc(1024 * 1024))) await out.drained();
    };
    const client = await open();
    client.webSocket.pause();
    await eventually(() => sent > 2 * 1024 * 1024);
    client.webSocket.terminate();
    await over;
  });

  it('ends with 1001 when the api stops, and a client that does not answer to that is not waited for', async () => {
    write = endless;
    const [client, silent] = [await open(), await open()];
    silent.webSocket.pause();
    stopping.abort();
    expect(await client.closed).toBe(1_001);
    await eventually(async () => (await connectionsOf(server)) === 0, { timeoutMs: 3_000 });
    silent.webSocket.terminate();
  });

  it('hears nothing, and ends for too much of it', async () => {
    write = endless;
    const heard = await open();
    heard.webSocket.send('{"any":"text"}');
    heard.webSocket.ping();
    await once(heard.webSocket, 'pong');
    heard.webSocket.send(Buffer.alloc(1024 * 1024));
    expect(await heard.closed).toBe(1_009);

    const flood = await open();
    for (let i = 0; i < 40_000; i++) flood.webSocket.send('');
    expect(await flood.closed).toBe(1_008);
  });

  it('is ended also where the handshake is wrong', async () => {
    let isEnded = false;
    write = async (out) => {
      await endless(out);
      isEnded = true;
    };
    const { port } = server.address() as AddressInfo;
    const asked = await fetchUpgrade(port);
    expect(asked).toContain('HTTP/1.1 400 Bad Request');
    await eventually(() => isEnded);
  });
});

function connectionsOf(of: Server): Promise<number> {
  return new Promise((resolve, reject) =>
    of.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
  );
}

/** The answer to a handshake without a key. */
async function fetchUpgrade(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}
