import { once } from 'node:events';
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What becomes of one message: passed on, dropped, told twice, or held back until the next one has gone by. */
export type Fate = 'pass' | 'drop' | 'double' | 'late';
/** Decides by a message's subject; `payload` is with its headers. */
export type FateOf = (subject: string, payload: Buffer) => Fate;

const CRLF = '\r\n';
const MESSAGES = new Set(['MSG', 'HMSG', 'PUB', 'HPUB']);

/**
 * Stands between a NATS server and its clients, in clear, and does to them what networks do: single messages get a fate in
 * either direction, connections are cut, or stay open and carry nothing any more.
 */
export class NatsProxy {
  /** Of what the server tells its clients. */
  toClient: FateOf = () => 'pass';
  /** Of what clients tell the server. */
  toServer: FateOf = () => 'pass';
  /** Whether bytes to the clients are eaten, as by a middlebox that has forgotten the connection; new ones hear again. */
  readonly #eaten = new Set<Socket>();
  readonly #pairs = new Set<{ client: Socket; bus: Socket }>();
  #connections = 0;

  private constructor(
    private readonly server: Server,
    private readonly upstream: number,
  ) {}

  static async start(upstream: number): Promise<NatsProxy> {
    const server = createServer((client) => proxy.#join(client));
    const proxy = new NatsProxy(server, upstream);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get url(): string {
    return `nats://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Connections that were made so far. */
  get connections(): number {
    return this.#connections;
  }

  /** Breaks every connection; clients may come back at once. */
  cut(): void {
    for (const { client, bus } of this.#pairs) {
      client.destroy();
      bus.destroy();
    }
  }

  /** The present connections stay open, and nothing comes through them to the clients any more. */
  deafen(): void {
    for (const { client } of this.#pairs) this.#eaten.add(client);
  }

  /** The same, and nothing is taken from the clients either: what they write stays in their sockets. */
  stall(): void {
    this.deafen();
    for (const { client } of this.#pairs) client.pause();
  }

  async stop(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  #join(client: Socket): void {
    const bus = createConnection({ port: this.upstream, host: '127.0.0.1' });
    const pair = { client, bus };
    this.#pairs.add(pair);
    this.#connections++;
    const end = (): void => {
      client.destroy();
      bus.destroy();
      this.#pairs.delete(pair);
      this.#eaten.delete(client);
    };
    for (const socket of [client, bus]) socket.setNoDelay(true).on('error', end).on('close', end);
    const down = new Frames((subject, payload) => this.toClient(subject, payload));
    const up = new Frames((subject, payload) => this.toServer(subject, payload));
    bus.on('data', (chunk: Buffer) => {
      for (const frame of down.take(chunk)) if (!this.#eaten.has(client)) client.write(frame);
    });
    client.on('data', (chunk: Buffer) => {
      for (const frame of up.take(chunk)) bus.write(frame);
    });
  }
}

/** Cuts one direction of the protocol into its frames: lines, and messages with payloads of a given length. */
class Frames {
  #rest: Buffer = Buffer.alloc(0);
  #held: Buffer | undefined;

  constructor(private readonly fateOf: FateOf) {}

  take(chunk: Buffer): Buffer[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const out: Buffer[] = [];
    for (;;) {
      const end = this.#rest.indexOf(CRLF);
      if (end < 0) return out;
      const words = this.#rest.toString('latin1', 0, end).split(' ');
      const isMessage = MESSAGES.has((words[0] ?? '').toUpperCase());
      const length = end + CRLF.length + (isMessage ? Number(words.at(-1)) + CRLF.length : 0);
      if (this.#rest.length < length) return out;
      const frame = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      if (isMessage) out.push(...this.#treated(frame, this.fateOf(words[1] ?? '', frame.subarray(end + CRLF.length))));
      else out.push(frame);
    }
  }

  #treated(frame: Buffer, fate: Fate): Buffer[] {
    if (fate === 'late' && this.#held === undefined) {
      this.#held = frame;
      return [];
    }
    const held = this.#held === undefined ? [] : [this.#held];
    this.#held = undefined;
    if (fate === 'drop') return held;
    return fate === 'double' ? [frame, frame, ...held] : [frame, ...held];
  }
}
