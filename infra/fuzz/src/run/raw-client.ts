import { connect, type TLSSocket } from 'node:tls';
import type { ApiEndpoint } from '../../../linearizability/src/plane/control-plane';
import type { FuzzRequest } from '../requests/fuzz-request';

/** What came back. `closed`: the server ended the connection without an answer. */
export type RawAnswer =
  | { readonly kind: 'answer'; readonly status: number; readonly body: string; readonly milliseconds: number }
  | { readonly kind: 'hang' | 'closed'; readonly milliseconds: number };

const HEAD_END = '\r\n\r\n';

/** The request as bytes of HTTP/1.1; after it, the connection ends. */
export function bytesOf({ method, target, headers, body }: FuzzRequest, token: string): Buffer {
  const length = body === undefined ? [] : [`Content-Length: ${body.length}`];
  const lines = [
    `${method} ${target} HTTP/1.1`,
    'Host: 127.0.0.1',
    `Authorization: Bearer ${token}`,
    'Connection: close',
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...length,
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}${HEAD_END}`, 'latin1'), body ?? Buffer.alloc(0)]);
}

/**
 * Sends each request over a connection of its own and reads until the server ends it: no HTTP library stands between,
 * which would refuse to send what is wrong. An answer that is not whole in time is a hang.
 */
export class RawClient {
  /** Of the last connection: the next one is made with less work for both sides. */
  #session: Buffer | undefined;

  constructor(
    private readonly endpoint: ApiEndpoint,
    private readonly timeoutMs: number,
  ) {}

  send(request: FuzzRequest): Promise<RawAnswer> {
    const { port, ca, token } = this.endpoint;
    const started = performance.now();
    return new Promise((resolve) => {
      const chunks: Buffer[] = [];
      const options = { host: '127.0.0.1', port, ca, ALPNProtocols: ['http/1.1'], session: this.#session };
      const socket: TLSSocket = connect(options, () => socket.write(bytesOf(request, token)));
      const end = (isLate: boolean): void => {
        clearTimeout(timer);
        socket.destroy();
        resolve(answerOf(Buffer.concat(chunks), isLate, performance.now() - started));
      };
      const timer = setTimeout(() => end(true), this.timeoutMs);
      socket.on('session', (session: Buffer) => (this.#session = session));
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.on('error', () => undefined);
      socket.once('close', () => end(false));
    });
  }
}

function answerOf(bytes: Buffer, isLate: boolean, milliseconds: number): RawAnswer {
  if (isLate) return { kind: 'hang', milliseconds };
  const end = bytes.indexOf(HEAD_END);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(bytes.toString('latin1', 0, 12))?.[1]);
  if (end < 0 || !(status >= 100)) return { kind: 'closed', milliseconds };
  return { kind: 'answer', status, body: bytes.toString('utf8', end + HEAD_END.length), milliseconds };
}
