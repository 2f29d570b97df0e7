import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Logger } from 'pino';
import type { Backend } from '../domain/service-port';
import type { Balancer } from './domain/balancer';
import type { Listener } from './listener';

/** A client that is silent for so long may get another backend; the kernel's own limit for UDP is of this order. */
const IDLE_MS = 60_000;
const FLOW_LIMIT = 4_096;

interface Flow {
  readonly socket: Socket;
  readonly backend: Backend;
  idle: NodeJS.Timeout;
}

/** Carries datagrams on one address and port to backends, and their answers back. */
export class UdpListener implements Listener {
  readonly #flows = new Map<string, Flow>();

  private constructor(
    private readonly socket: Socket,
    private readonly balancer: Balancer,
    private readonly logger: Logger,
  ) {}

  static listen(address: string, port: number, balancer: Balancer, logger: Logger): Promise<UdpListener> {
    const socket = createSocket(socketType(address));
    const listener = new UdpListener(socket, balancer, logger);
    socket.on('message', (data, from) => listener.#forward(data, from.address, from.port));
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, address, () => {
        socket.off('error', reject);
        socket.on('error', (error) => logger.warn({ err: error, address, port }, 'a UDP service port failed'));
        resolve(listener);
      });
    });
  }

  update(backends: readonly Backend[], affinitySeconds: number | undefined): void {
    this.balancer.update(backends, affinitySeconds);
    const isThere = ({ backend }: Flow): boolean =>
      backends.some(({ ip, port }) => ip === backend.ip && port === backend.port);
    for (const [client, flow] of this.#flows) if (!isThere(flow)) this.#end(client);
  }

  close(): Promise<void> {
    return this.destroy();
  }

  destroy(): Promise<void> {
    for (const flow of this.#flows.values()) {
      clearTimeout(flow.idle);
      flow.socket.close();
    }
    this.#flows.clear();
    this.socket.close();
    return Promise.resolve();
  }

  #forward(data: Buffer, address: string, port: number): void {
    const client = `${address}:${port}`;
    const flow = this.#flows.get(client) ?? this.#open(client, address, port);
    if (flow === undefined) return;
    flow.idle.refresh();
    // The longest silent is first.
    this.#flows.delete(client);
    this.#flows.set(client, flow);
    flow.socket.send(data, flow.backend.port, flow.backend.ip);
  }

  #open(client: string, address: string, port: number): Flow | undefined {
    const backend = this.balancer.order(address, Date.now())[0];
    if (backend === undefined) return undefined;
    const [longestSilent] = this.#flows.keys();
    if (longestSilent !== undefined && this.#flows.size >= FLOW_LIMIT) this.#end(longestSilent);
    this.balancer.used(address, backend, Date.now());
    const socket = createSocket(socketType(backend.ip));
    socket.on('message', (data) => this.socket.send(data, port, address));
    socket.on('error', (error) => {
      this.logger.debug({ err: error, client }, 'a UDP flow failed');
      this.#end(client);
    });
    const flow = { socket, backend, idle: setTimeout(() => this.#end(client), IDLE_MS).unref() };
    this.#flows.set(client, flow);
    return flow;
  }

  #end(client: string): void {
    const flow = this.#flows.get(client);
    if (flow === undefined) return;
    clearTimeout(flow.idle);
    this.#flows.delete(client);
    flow.socket.close();
  }
}

function socketType(address: string): 'udp4' | 'udp6' {
  return isIPv6(address) ? 'udp6' : 'udp4';
}
