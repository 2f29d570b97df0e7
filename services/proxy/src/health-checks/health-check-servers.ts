import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { localAddresses } from '../local-addresses';
import type { HealthCheck } from '../domain/plan-health-check';

interface Running {
  readonly servers: readonly Server[];
  check: HealthCheck;
}

/** Idle connections of a balancer that asks every few seconds are kept; one that only holds them open is not. */
const IDLE_MS = 30_000;

/**
 * Answers load balancers, on the port of each service that has such checks, whether this node has endpoints of it: in
 * kube-proxy's words, since it is what balancers are made for.
 */
export class HealthCheckServers {
  readonly #running = new Map<number, Running>();
  /** Ports that could not be listened on. */
  readonly #failed = new Map<number, string>();

  /** `addresses`: addresses or networks of this machine where to listen; none: everywhere. `isHealthy`: whether services are up to date on this node. */
  constructor(
    private readonly addresses: readonly string[],
    private readonly isHealthy: () => boolean,
    private readonly logger: Logger,
  ) {}

  /** Makes these all that is answered; of several for one port the first by name. */
  async sync(wanted: readonly HealthCheck[]): Promise<void> {
    const checks = new Map<number, HealthCheck>();
    for (const check of wanted) {
      const other = checks.get(check.port);
      if (other === undefined || keyOf(check) < keyOf(other)) checks.set(check.port, check);
    }
    for (const [port, running] of this.#running) if (!checks.has(port)) this.#close(port, running);
    for (const port of this.#failed.keys()) if (!checks.has(port)) this.#failed.delete(port);
    for (const check of checks.values()) await this.#serve(check);
  }

  /** What can't be answered; '' when all can. */
  detail(): string {
    if (this.#failed.size === 0) return '';
    return `health checks are not answered: ${[...this.#failed].map(([port, reason]) => `port ${port} (${reason})`).join(', ')}`;
  }

  stop(): void {
    for (const [port, running] of this.#running) this.#close(port, running);
  }

  async #serve(check: HealthCheck): Promise<void> {
    const running = this.#running.get(check.port);
    if (running !== undefined) {
      running.check = check;
      return;
    }
    const servers: Server[] = [];
    this.#running.set(check.port, { servers, check });
    try {
      const addresses = this.addresses.length === 0 ? [undefined] : localAddresses(this.addresses);
      for (const address of addresses) servers.push(await listen(this.#server(check.port), check.port, address));
      this.#failed.delete(check.port);
    } catch (error) {
      this.#close(check.port, { servers });
      const reason = error instanceof Error ? error.message : String(error);
      if (this.#failed.get(check.port) === reason) return;
      this.#failed.set(check.port, reason);
      this.logger.warn(
        { service: keyOf(check), port: check.port, reason },
        'a health check port can not be listened on',
      );
    }
  }

  #server(port: number): Server {
    return createServer({ keepAliveTimeout: IDLE_MS, requestTimeout: IDLE_MS }, (_, response) => {
      const check = this.#running.get(port)?.check;
      if (check === undefined) response.destroy();
      else answer(response, check, this.isHealthy());
    });
  }

  #close(port: number, { servers }: Pick<Running, 'servers'>): void {
    this.#running.delete(port);
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  }
}

function keyOf({ namespace, name }: HealthCheck): string {
  return `${namespace}/${name}`;
}

/** Fields, headers and codes as of kube-proxy's health check server. */
function answer(response: ServerResponse, { namespace, name, localEndpoints }: HealthCheck, healthy: boolean): void {
  response.writeHead(localEndpoints > 0 && healthy ? 200 : 503, {
    'Content-Type': 'application/json',
    'X-Content-Type-Options': 'nosniff',
    'X-Load-Balancing-Endpoint-Weight': String(localEndpoints),
  });
  response.end(
    JSON.stringify({ service: { namespace, name }, localEndpoints, serviceProxyHealthy: healthy }, undefined, '\t'),
  );
}

function listen(server: Server, port: number, address: string | undefined): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      server.off('error', reject);
      server.on('error', () => undefined);
      resolve(server);
    });
  });
}
