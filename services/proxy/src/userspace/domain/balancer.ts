import type { Backend } from '../../domain/service-port';

/** Clients remembered for affinity at most, per service port. */
const CLIENT_LIMIT = 65_536;

/** Chooses a backend per connection: in turn, or the client's own while its affinity lasts. */
export class Balancer {
  #next = 0;
  readonly #clients = new Map<string, { backend: string; until: number }>();

  constructor(
    private backends: readonly Backend[],
    private affinitySeconds: number | undefined,
  ) {}

  /** From the next connection on; clients whose backend is gone get another. */
  update(backends: readonly Backend[], affinitySeconds: number | undefined): void {
    this.backends = backends;
    this.affinitySeconds = affinitySeconds;
  }

  /** Backends to try for a client, best first; `now` in milliseconds. */
  order(client: string, now: number): Backend[] {
    const { backends } = this;
    const start = backends.length === 0 ? 0 : this.#next++ % backends.length;
    const turn = [...backends.slice(start), ...backends.slice(0, start)];
    if (this.affinitySeconds === undefined) return turn;
    const kept = this.#clients.get(client);
    const own =
      kept !== undefined && kept.until > now ? turn.find((backend) => name(backend) === kept.backend) : undefined;
    return own === undefined ? turn : [own, ...turn.filter((backend) => backend !== own)];
  }

  /** Notes where a client's connection went. */
  used(client: string, backend: Backend, now: number): void {
    if (this.affinitySeconds === undefined) return;
    this.#clients.delete(client);
    this.#clients.set(client, { backend: name(backend), until: now + this.affinitySeconds * 1000 });
    const oldest = this.#clients.keys().next();
    if (this.#clients.size > CLIENT_LIMIT && oldest.done !== true) this.#clients.delete(oldest.value);
  }
}

function name(backend: Backend): string {
  return `${backend.ip}:${backend.port}`;
}
