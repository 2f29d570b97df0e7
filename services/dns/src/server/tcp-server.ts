import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Resolver } from '../resolver';
import { framed, Frames } from './frames';

/** A client that says nothing for so long is let go, in milliseconds: RFC 7766 §6.2.3 asks for seconds. */
const IDLE_MS = 10_000;
const MOST_CONNECTIONS = 256;
/** Questions of one client that are answered side by side; it is read on when fewer are. */
const MOST_SIDE_BY_SIDE = 32;

/** Answers over TCP: what has no room in a datagram. */
export class TcpServer {
  readonly #connections = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly resolver: Resolver,
  ) {}

  /** Rejects when the address can't be had. */
  static async listen(address: string, port: number, resolver: Resolver): Promise<TcpServer> {
    const server = createServer();
    const tcp = new TcpServer(server, resolver);
    server.maxConnections = MOST_CONNECTIONS;
    server.on('connection', (socket) => tcp.#serve(socket));
    server.listen(port, address);
    await once(server, 'listening');
    server.on('error', () => undefined);
    return tcp;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of this.#connections) socket.destroy();
    await closed;
  }

  #serve(socket: Socket): void {
    const frames = new Frames();
    let waiting = 0;
    this.#connections.add(socket);
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#connections.delete(socket));
    socket.on('data', (data) => {
      for (const message of frames.add(data)) {
        waiting++;
        void this.#answer(socket, message).then(() => {
          if (--waiting < MOST_SIDE_BY_SIDE) socket.resume();
        });
      }
      if (waiting >= MOST_SIDE_BY_SIDE) socket.pause();
    });
  }

  async #answer(socket: Socket, message: Buffer): Promise<void> {
    const answer = await this.resolver.answer(message, 'tcp');
    if (answer === undefined) socket.destroy();
    // A client that takes nothing holds up itself alone.
    else if (socket.writable && !socket.write(framed(answer))) await drainedOrClosed(socket);
  }
}

function drainedOrClosed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('drain', resolve);
    socket.once('close', () => resolve());
  });
}
