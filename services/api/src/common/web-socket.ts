import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';

/** A connection that its request wants for something else than HTTP. */
export interface UpgradeConnection {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** What came after the request already. */
  readonly head: Buffer;
}

/** Accepts a WebSocket with a protocol, and what is made of it; undefined when its handshake is wrong, which is answered then. */
export type AcceptWebSocket = <T>(
  connection: UpgradeConnection,
  protocol: string,
  use: (webSocket: WebSocket) => T,
) => Promise<T | undefined>;

/** How often a client is asked whether it is there, in milliseconds. */
const PING_MS = 30_000;
/** So many times without an answer end its connection; one that is behind must first read what was sent before. */
const MOST_UNANSWERED = { idle: 2, behind: 10 } as const;

/** A WebSocket's codes for how it ends (RFC 6455, 7.4.1). */
export const CLOSE_CODES = { normal: 1_000, goingAway: 1_001, policy: 1_008, failed: 1_011 } as const;

/**
 * Accepts WebSockets of which a message may be so long; a longer one ends its connection with the code 1009.
 * @param maxPayload bytes
 */
export function webSocketAcceptor(maxPayload: number): AcceptWebSocket {
  const server = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload });
  // What the answers to these requests name. Kubernetes' own names of protocols are not all such as RFC 6455 lets them be.
  const chosen = new WeakMap<IncomingMessage, string>();
  server.on('headers', (headers: string[], request: IncomingMessage) => {
    const protocol = chosen.get(request) ?? '';
    if (protocol !== '') headers.push(`Sec-WebSocket-Protocol: ${protocol}`);
  });
  return ({ request, socket, head }, protocol, use) => {
    // What is closed already does not tell so again.
    if (socket.destroyed) return Promise.resolve(undefined);
    delete request.headers['sec-websocket-protocol'];
    chosen.set(request, protocol);
    return new Promise((resolve) => {
      socket.once('close', () => resolve(undefined));
      server.handleUpgrade(request, socket, head, (webSocket) => {
        keepAlive(webSocket);
        // At once: what comes is heard by who listens.
        resolve(use(webSocket));
      });
    });
  };
}

function keepAlive(webSocket: WebSocket): void {
  // Told to who reads it.
  webSocket.on('error', () => undefined);
  let unanswered = 0;
  webSocket.on('pong', () => (unanswered = 0));
  const timer = setInterval(() => {
    if (unanswered++ >= MOST_UNANSWERED[webSocket.bufferedAmount > 0 ? 'behind' : 'idle']) return webSocket.terminate();
    webSocket.ping();
  }, PING_MS).unref();
  webSocket.once('close', () => clearInterval(timer));
}
