import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import { createServer, type Http2Server, type Http2ServerRequest } from 'node:http2';
import type { ServerHttp2Session } from 'node:http2';
import type { TLSSocket } from 'node:tls';

/** Streams at a time of one connection: as many as Kubernetes allows. */
const MAX_STREAMS = 100;

/** What one stream may send before it is read, in bytes; as much as Kubernetes' server takes. */
const WINDOW = 256 * 1024;

/** How long a connection without a request stays open, in milliseconds. */
const IDLE_MS = 90_000;

/** How long a connection whose last request is answered stays for what is under way, in milliseconds. */
const LINGER_MS = 250;

/** How long the requests of a connection may take when the server stops, in milliseconds. */
const STOP_MS = 3_000;

interface Options {
  /** What the headers of a request may come to, in bytes, before it is not even answered. */
  readonly maxHeaderListSize: number;
  /** How long a client may take to send one request, in milliseconds. */
  readonly requestTimeout: number;
}

/**
 * Has a server of HTTPS speak HTTP/2 too, with clients that choose it (ALPN). Connections of HTTP/1.1 go the way that they always
 * went: Node's own server for both would put each of their requests behind another layer. Who opens and cancels streams as fast
 * as they can is stopped by nghttp2: after 1,000 at once, and then 33 a second, the connection ends.
 */
export function speakHttp2(
  server: HttpServer,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  { maxHeaderListSize, requestTimeout }: Options,
): Http2Server {
  const settings = { maxConcurrentStreams: MAX_STREAMS, initialWindowSize: WINDOW, maxHeaderListSize };
  const http2 = createServer({ settings });
  http2.on('request', (request, response) => {
    limitTime(request, requestTimeout);
    // The same interface, as far as it is used.
    handle(request as unknown as IncomingMessage, response as unknown as ServerResponse);
  });
  http2.on('session', endInTime);
  // What a client does wrong ends its connection, and concerns nobody else.
  http2.on('sessionError', () => undefined);
  const http1 = server.listeners('secureConnection') as ((socket: TLSSocket) => void)[];
  server.removeAllListeners('secureConnection');
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol === 'h2') http2.emit('connection', socket);
    else for (const listener of http1) listener.call(server, socket);
  });
  return http2;
}

/** A request whose body does not end in time ends without it. */
function limitTime({ stream }: Http2ServerRequest, requestTimeout: number): void {
  if (stream.endAfterHeaders) return;
  const timer = setTimeout(() => stream.close(), requestTimeout).unref();
  const done = (): void => clearTimeout(timer);
  stream.once('end', done).once('close', done);
}

/** Ends a connection that has no request for a while, and one that is to end, once its requests are answered. */
function endInTime(session: ServerHttp2Session): void {
  let open = 0;
  // Node waits for what it thinks is still to be sent, and may wait for ever.
  const endSoon = (): void => {
    if (open === 0 && session.closed) setTimeout(() => session.destroy(), LINGER_MS).unref();
  };
  session.on('stream', (stream) => {
    open += 1;
    stream.once('close', () => {
      open -= 1;
      endSoon();
    });
  });
  session.setTimeout(IDLE_MS, () => {
    if (open > 0) return;
    session.close();
    endSoon();
  });
}

/** Sessions of a server that stops end once their requests are answered. */
export function closeSessionsOf(http2: Http2Server, stopping: AbortSignal): void {
  const open = new Set<ServerHttp2Session>();
  const close = (session: ServerHttp2Session): void => {
    session.close();
    // A session without a request has nothing that could end it.
    setTimeout(() => session.destroy(), STOP_MS).unref();
  };
  http2.on('session', (session) => {
    open.add(session);
    session.once('close', () => open.delete(session));
    if (stopping.aborted) close(session);
  });
  stopping.addEventListener('abort', () => {
    for (const session of open) close(session);
  });
}

/** What the headers of a request come to, as HTTP/2 counts them: 32 bytes more for each. */
export function headerBytes({ rawHeaders }: Http2ServerRequest | IncomingMessage): number {
  let sum = 0;
  for (const text of rawHeaders) sum += text.length;
  return sum + (rawHeaders.length / 2) * 32;
}
