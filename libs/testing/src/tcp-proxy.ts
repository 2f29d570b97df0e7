import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Where a proxy passes connections on to: a TCP port, or a Unix socket. */
export type Upstream = { readonly host: string; readonly port: number } | { readonly path: string };

/** Bytes that may wait in one direction of a connection; its sender is held up beyond that. */
const MOST_WAITING = 1 << 20;

/**
 * A TCP link of a test's own, that can be made slow, silent or broken. It knows nothing of what goes over it, so it
 * may stand before NATS (also with TLS), Postgres or an api.
 *
 * - `slow`: bytes of both directions arrive so much later.
 * - `blackhole`: what a network without a route does. Nothing arrives and nobody is told, also not that the other side
 *   has gone; connections made meanwhile hear nothing. What was sent arrives after `heal`, as TCP would repeat it.
 * - `cut`: open connections are reset, new ones too.
 */
export class TcpProxy {
  readonly #links = new Set<Link>();
  readonly #weather: Weather = { latencyMs: 0, blackholed: false, cut: false };

  private constructor(
    private readonly server: Server,
    private readonly upstream: Upstream,
    /** Of 127.0.0.1, where it listens. */
    readonly port: number,
  ) {
    server.on('connection', (client) => this.#accept(client));
  }

  static async start(upstream: Upstream): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server, upstream, (server.address() as AddressInfo).port);
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#links.size;
  }

  /** @param latencyMs how much later bytes arrive, in each direction; 0: at once */
  slow(latencyMs: number): void {
    this.#weather.latencyMs = latencyMs;
    this.#update();
  }

  /** Nothing passes any more, and nobody is told. */
  blackhole(): void {
    this.#weather.blackholed = true;
    this.#update();
  }

  /** Resets every connection, now and until `heal`. */
  cut(): void {
    this.#weather.cut = true;
    this.reset();
  }

  /** Resets the connections that are open; new ones are welcome. */
  reset(): void {
    for (const link of this.#links) link.reset();
  }

  /** Ends whatever was done to the link. */
  heal(): void {
    Object.assign(this.#weather, { latencyMs: 0, blackholed: false, cut: false });
    this.#update();
  }

  async stop(): Promise<void> {
    this.cut();
    const closed = once(this.server, 'close');
    this.server.close();
    await closed;
  }

  #update(): void {
    for (const link of this.#links) link.update();
  }

  #accept(client: Socket): void {
    if (this.#weather.cut) {
      client.on('error', () => undefined).resetAndDestroy();
      return;
    }
    const link = new Link(client, this.upstream, this.#weather, () => this.#links.delete(link));
    this.#links.add(link);
    link.update();
  }
}

interface Weather {
  latencyMs: number;
  blackholed: boolean;
  cut: boolean;
}

/** One client's connection, and its own to the upstream: made when the first byte could pass. */
class Link {
  #directions: readonly Direction[] = [];
  #server: Socket | undefined;
  #closed = false;

  constructor(
    private readonly client: Socket,
    private readonly upstream: Upstream,
    private readonly weather: Weather,
    private readonly onClosed: () => void,
  ) {
    this.#watch(client);
  }

  update(): void {
    if (this.#closed || (this.weather.blackholed && this.#server === undefined)) return;
    if (this.#server === undefined) this.#join();
    for (const direction of this.#directions) direction.update();
  }

  reset(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const direction of this.#directions) direction.stop();
    for (const socket of [this.client, this.#server]) resetSocket(socket);
    this.onClosed();
  }

  #join(): void {
    const server = connect({ ...this.upstream, allowHalfOpen: true, noDelay: true });
    this.#server = server;
    this.#watch(server);
    this.#directions = [
      new Direction(this.client, server, this.weather),
      new Direction(server, this.client, this.weather),
    ];
  }

  /** A side that breaks, breaks the other; one that ends in order has ended the other by then. */
  #watch(socket: Socket): void {
    socket.on('error', () => this.reset());
    socket.once('close', () => {
      if (this.client.destroyed && this.#server?.destroyed !== false) this.reset();
    });
  }
}

/** Not every socket can be reset: a Unix one has no such end. */
function resetSocket(socket: Socket | undefined): void {
  if (socket === undefined || socket.destroyed) return;
  if (socket.remoteAddress === undefined) socket.destroy();
  else socket.resetAndDestroy();
}

/** Bytes on their way from one side to the other. */
class Direction {
  readonly #waiting: { readonly due: number; readonly bytes: Buffer }[] = [];
  #bytes = 0;
  #ended = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    private readonly weather: Weather,
  ) {
    from.on('data', (bytes: Buffer) => this.#take(bytes));
    from.once('end', () => {
      this.#ended = true;
      this.update();
    });
    to.on('drain', () => this.update());
  }

  /** Delivers what is due, and reads on if there is room. */
  update(): void {
    clearTimeout(this.#timer);
    if (this.weather.blackholed) {
      this.from.pause();
      return;
    }
    const now = performance.now();
    for (let [first] = this.#waiting; first !== undefined && first.due <= now; [first] = this.#waiting) {
      this.#waiting.shift();
      this.#bytes -= first.bytes.length;
      this.to.write(first.bytes);
    }
    const [next] = this.#waiting;
    if (next !== undefined) this.#timer = setTimeout(() => this.update(), Math.max(1, next.due - now));
    else if (this.#ended) this.to.end();
    if (this.#bytes > MOST_WAITING || this.to.writableNeedDrain) this.from.pause();
    else this.from.resume();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** What was sent later never arrives earlier, also when the latency has become less. */
  #take(bytes: Buffer): void {
    const due = Math.max(performance.now() + this.weather.latencyMs, this.#waiting.at(-1)?.due ?? 0);
    this.#waiting.push({ due, bytes });
    this.#bytes += bytes.length;
    this.update();
  }
}
