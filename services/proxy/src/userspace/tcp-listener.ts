import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Logger } from 'pino';
import type { Backend } from '../domain/service-port';
import type { Balancer } from './domain/balancer';
import type { Listener } from './listener';

const CONNECT_LIMIT_MS = 5_000;

/** Carries connections on one address and port to backends. */
export class TcpListener implements Listener {
  readonly #open = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly balancer: Balancer,
  ) {}

  static listen(address: string, port: number, balancer: Balancer, logger: Logger): Promise<TcpListener> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    const listener = new TcpListener(server, balancer);
    server.on('connection', (client) => {
      listener.#carry(client).catch((error: unknown) => {
        logger.debug({ err: error, address, port }, 'no backend took a connection');
        client.resetAndDestroy();
      });
    });
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, address, () => resolve(listener));
    });
  }

  update(backends: readonly Backend[], affinitySeconds: number | undefined): void {
    this.balancer.update(backends, affinitySeconds);
  }

  /** Takes no more connections; those that are open go on until they end. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close();
      resolve();
    });
  }

  /** Ends also the open connections. */
  async destroy(): Promise<void> {
    await this.close();
    for (const socket of this.#open) socket.destroy();
  }

  async #carry(client: Socket): Promise<void> {
    this.#track(client);
    // What goes wrong on either side ends both; who reads the other side sees it there.
    client.on('error', () => client.destroy());
    const address = client.remoteAddress ?? '';
    let last: unknown = new Error('no backend');
    for (const backend of this.balancer.order(address, Date.now())) {
      try {
        const server = await open(backend);
        this.balancer.used(address, backend, Date.now());
        this.#join(client, server);
        return;
      } catch (error) {
        last = error;
      }
    }
    throw last;
  }

  #join(client: Socket, server: Socket): void {
    this.#track(server);
    server.on('error', () => client.destroy());
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
    if (client.destroyed) server.destroy();
    client.pipe(server);
    server.pipe(client);
  }

  #track(socket: Socket): void {
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
  }
}

function open(backend: Backend): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: backend.ip, port: backend.port, allowHalfOpen: true, noDelay: true });
    socket.setTimeout(CONNECT_LIMIT_MS, () =>
      socket.destroy(new Error(`${backend.ip}:${backend.port} does not answer`)),
    );
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
