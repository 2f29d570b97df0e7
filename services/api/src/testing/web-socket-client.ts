import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { WebSocket, type ClientOptions } from 'ws';

/** A WebSocket that was accepted, as its client sees it. */
export class WebSocketClient {
  /** What came so far, text as text. */
  readonly messages: (string | Buffer)[] = [];
  /** With which code it was ended. */
  readonly closed: Promise<number>;

  constructor(readonly webSocket: WebSocket) {
    webSocket.on('message', (data: Buffer, isBinary) => this.messages.push(isBinary ? data : data.toString()));
    webSocket.on('error', () => undefined);
    this.closed = once(webSocket, 'close').then(([code]) => code as number);
  }

  /** The messages as events of a watch. */
  get events(): { type: string; object: Record<string, unknown> }[] {
    return this.messages.map((message) => JSON.parse(message as string) as WebSocketClient['events'][number]);
  }

  /** Its text when it has ended as it should. */
  async text(): Promise<string> {
    const code = await this.closed;
    if (code !== 1_000) throw new Error(`closed with ${code}`);
    return this.messages.map(String).join('');
  }
}

/** Asks for a WebSocket; rejects with its answer when it is refused. */
export async function openWebSocket(
  url: string,
  protocols: string[],
  options: ClientOptions,
): Promise<WebSocketClient> {
  const client = new WebSocketClient(new WebSocket(url.replace(/^http/, 'ws'), protocols, options));
  await new Promise<void>((resolve, reject) => {
    client.webSocket.once('open', resolve);
    client.webSocket.once('error', reject);
    client.webSocket.once('unexpected-response', (_, answer: IncomingMessage) => {
      void textOf(answer).then((body) => reject(new WebSocketRefused(answer.statusCode ?? 0, body)));
    });
  });
  return client;
}

/** The plain answer to who asked for a WebSocket. */
export class WebSocketRefused extends Error {
  constructor(
    readonly code: number,
    readonly body: string,
  ) {
    super(`${code}: ${body}`);
  }
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  return text;
}
