import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';

/** What to do with one message on its way to the client. */
export type Fate = 'pass' | 'drop' | 'double' | 'late';

const CRLF = '\r\n';

/**
 * Stands between a NATS server and its clients, and treats messages as told: passed on, dropped, doubled, or held back
 * until the next one has gone by. Everything that clients say is passed on.
 */
export class LyingNats {
  private constructor(
    private readonly server: Server,
    private readonly sockets: Set<Socket>,
    readonly port: number,
  ) {}

  /** @param fateOf decides by the subject of each message */
  static async start(upstream: { host: string; port: number }, fateOf: (subject: string) => Fate): Promise<LyingNats> {
    const sockets = new Set<Socket>();
    const server = createServer((client) => {
      const bus = createConnection(upstream);
      for (const socket of [client, bus]) {
        sockets.add(socket);
        socket.once('close', () => sockets.delete(socket));
        socket.on('error', () => socket.destroy());
      }
      client.pipe(bus);
      const teller = new Teller(client, fateOf);
      bus.on('data', (chunk: Buffer) => teller.take(chunk));
      bus.once('close', () => client.destroy());
      client.once('close', () => bus.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new LyingNats(server, sockets, (server.address() as AddressInfo).port);
  }

  async stop(): Promise<void> {
    this.sockets.forEach((socket) => socket.destroy());
    this.server.close();
    await once(this.server, 'close');
  }
}

/** Cuts the server's side of the protocol into its frames: lines, and messages with payloads of a given length. */
class Teller {
  private rest = Buffer.alloc(0);
  private held: Buffer | undefined;

  constructor(
    private readonly client: Socket,
    private readonly fateOf: (subject: string) => Fate,
  ) {}

  take(chunk: Buffer): void {
    this.rest = Buffer.concat([this.rest, chunk]);
    for (;;) {
      const end = this.rest.indexOf(CRLF);
      if (end < 0) return;
      const words = this.rest.toString('latin1', 0, end).split(' ');
      const isMessage = words[0] === 'MSG' || words[0] === 'HMSG';
      const length = end + CRLF.length + (isMessage ? Number(words.at(-1)) + CRLF.length : 0);
      if (this.rest.length < length) return;
      const frame = this.rest.subarray(0, length);
      this.rest = this.rest.subarray(length);
      if (isMessage) this.tell(frame, this.fateOf(words[1]!));
      else this.client.write(frame);
    }
  }

  private tell(frame: Buffer, fate: Fate): void {
    if (fate === 'late' && this.held === undefined) {
      this.held = Buffer.from(frame);
      return;
    }
    if (fate !== 'drop') this.client.write(frame);
    if (fate === 'double') this.client.write(frame);
    if (this.held !== undefined) this.client.write(this.held);
    this.held = undefined;
  }
}
