import { once } from 'node:events';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { Logger } from 'pino';
import type { Resolver } from '../resolver';

/** Room for a burst of questions that come while the process is at something else. */
const RECEIVE_BYTES = 4 * 1024 * 1024;
/** Questions that wait for other servers at most; more are let go, and asked again by their clients. */
const MOST_WAITING = 1_024;

/** Answers datagrams. */
export class UdpServer {
  #waiting = 0;

  private constructor(
    private readonly socket: Socket,
    private readonly resolver: Resolver,
  ) {}

  /** Rejects when the address can't be had. */
  static async listen(address: string, port: number, resolver: Resolver, logger: Logger): Promise<UdpServer> {
    const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', recvBufferSize: RECEIVE_BYTES });
    const server = new UdpServer(socket, resolver);
    socket.on('message', (message, from) => server.#answer(message, from));
    socket.bind(port, address);
    await once(socket, 'listening');
    // A client that has gone, or its firewall: nobody else is concerned.
    socket.on('error', (error) => logger.warn({ err: error }, 'a datagram could not be sent'));
    return server;
  }

  get port(): number {
    return this.socket.address().port;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.socket.close(() => resolve()));
  }

  #answer(message: Buffer, from: RemoteInfo): void {
    const answer = this.resolver.answer(message, 'udp');
    if (answer === undefined) return;
    if (Buffer.isBuffer(answer)) return this.#send(answer, from);
    if (this.#waiting >= MOST_WAITING) return;
    this.#waiting++;
    void answer.then((bytes) => {
      this.#waiting--;
      this.#send(bytes, from);
    });
  }

  #send(answer: Buffer, { port, address }: RemoteInfo): void {
    // What a client claims to be may not be an address that can be sent to: the outcome is nobody's concern.
    this.socket.send(answer, port, address, () => undefined);
  }
}
