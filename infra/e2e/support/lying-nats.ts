import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { connect, TLSSocket } from 'node:tls';
import type { CredentialFiles } from '../../launcher/src/nats/nats-access';

/** What to do with one message on its way to the client. */
export type Fate = 'pass' | 'drop' | 'double' | 'late';

const CRLF = '\r\n';

export interface LyingNatsOptions {
  readonly upstream: { readonly host: string; readonly port: number };
  /** With what it passes for the server. */
  readonly server: { readonly certFile: string; readonly keyFile: string; readonly caFile: string };
  /** With what it passes for the client that it stands before; who the client is its nkey says, end to end. */
  readonly client: Pick<CredentialFiles, 'caFile' | 'certFile' | 'keyFile'>;
  /** Decides by the subject of each message. */
  readonly fateOf: (subject: string) => Fate;
}

/**
 * Stands between a NATS server and its clients, and treats messages as told: passed on, dropped, doubled, or held back
 * until the next one has gone by. Everything that clients say is passed on. TLS ends here on both sides: the server's
 * first line comes in clear, and then either side of a NATS connection begins its handshake.
 */
export class LyingNats {
  private constructor(
    private readonly server: Server,
    private readonly sockets: Set<Socket>,
    readonly port: number,
  ) {}

  static async start(options: LyingNatsOptions): Promise<LyingNats> {
    const sockets = new Set<Socket>();
    const keep = <S extends Socket>(socket: S): S => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      socket.on('error', () => socket.destroy());
      return socket;
    };
    const server = createServer((client) => void join(keep(client), options, keep).catch(() => client.destroy()));
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

/** Connects one client with the server, through a teller. */
async function join(
  client: Socket,
  { upstream, server, client: own, fateOf }: LyingNatsOptions,
  keep: <S extends Socket>(socket: S) => S,
): Promise<void> {
  const bus = keep(createConnection(upstream));
  bus.once('close', () => client.destroy());
  client.once('close', () => bus.destroy());
  client.write(await firstLine(bus));
  const toBus = keep(connect({ socket: bus, host: upstream.host, ...pemOf(own) }));
  const toClient = keep(new TLSSocket(client, { isServer: true, requestCert: true, ...pemOf(server) }));
  toClient.pipe(toBus);
  const teller = new Teller(toClient, fateOf);
  toBus.on('data', (chunk: Buffer) => teller.take(chunk));
}

/** The server's INFO, in clear: the client's nkey signs the nonce in it, so it is passed on as it is. */
async function firstLine(bus: Socket): Promise<Buffer> {
  let line = Buffer.alloc(0);
  while (!line.includes(CRLF)) line = Buffer.concat([line, ((await once(bus, 'data')) as [Buffer])[0]]);
  return line;
}

function pemOf(files: Pick<CredentialFiles, 'caFile' | 'certFile' | 'keyFile'>): {
  ca: Buffer;
  cert: Buffer;
  key: Buffer;
} {
  return { ca: readFileSync(files.caFile), cert: readFileSync(files.certFile), key: readFileSync(files.keyFile) };
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
