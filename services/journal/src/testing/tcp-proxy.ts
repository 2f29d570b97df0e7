import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A way to a server on this machine that a test can slow down, or cut without a word to either side. */
export class TcpProxy {
  readonly #sockets = new Set<Socket>();
  #latencyMs = 0;
  #isCut = false;

  private constructor(
    private readonly server: Server,
    private readonly target: number,
  ) {}

  static async start(target: number): Promise<TcpProxy> {
    const server = createServer({ noDelay: true });
    const proxy = new TcpProxy(server, target);
    server.on('connection', (socket) => proxy.#join(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Each way takes this long from now on. */
  delay(milliseconds: number): void {
    this.#latencyMs = milliseconds;
  }

  /** Nothing comes through any more, and nobody is told: as when a cable is pulled. */
  cut(): void {
    this.#isCut = true;
  }

  /** What comes from now on gets through again, on connections that were not cut. */
  heal(): void {
    this.#isCut = false;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  #join(near: Socket): void {
    const far = connect({ port: this.target, host: '127.0.0.1', noDelay: true });
    this.#pass(near, far);
    this.#pass(far, near);
  }

  #pass(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('error', () => undefined);
    from.on('data', (bytes) => {
      if (this.#isCut) return;
      setTimeout(() => !this.#isCut && to.writable && to.write(bytes), this.#latencyMs);
    });
    from.on('close', () => {
      this.#sockets.delete(from);
      if (!this.#isCut) setTimeout(() => to.destroy(), this.#latencyMs);
    });
  }
}
