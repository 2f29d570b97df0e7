import { lookup } from 'node:dns/promises';
import type { Logger } from 'pino';
import type { ServerAddress } from '../domain/rules';

const DEFAULT_PORT = 4222;

/** Answers the addresses of a host name, of IPv4 alone unless the cluster is dual-stack; throws when there are none to be had. */
export type Resolve = (host: string, options: { readonly isDualStack: boolean }) => Promise<readonly string[]>;

/** Where the NATS servers are that this process uses, by address: rules know no names. */
export class BusServers {
  readonly #known = new Map<string, readonly string[]>();

  constructor(
    /** One URL, or several with commas between. */
    private readonly natsUrl: string,
    private readonly logger: Logger,
    private readonly resolve: Resolve = addressesOf,
    private readonly options: { readonly isDualStack: boolean } = { isDualStack: false },
  ) {}

  /** As of the last `refresh`; empty before it. */
  get addresses(): ServerAddress[] {
    return serversOf(this.natsUrl).flatMap(({ host, port }) =>
      (this.#known.get(host) ?? []).map((ip): ServerAddress => ({ ip, port })),
    );
  }

  /** Looks the names up again; one that has no answer keeps its last. */
  async refresh(): Promise<void> {
    await Promise.all(serversOf(this.natsUrl).map(({ host }) => this.#lookUp(host)));
  }

  async #lookUp(host: string): Promise<void> {
    try {
      this.#known.set(host, [...(await this.resolve(host, this.options))].sort());
    } catch (error) {
      this.logger.warn({ err: error, host }, 'the address of a NATS server is not known: pods are not kept from it');
    }
  }
}

function serversOf(natsUrl: string): { host: string; port: number }[] {
  return natsUrl.split(',').map((text) => {
    const { hostname, port } = new URL(text.includes('://') ? text.trim() : `nats://${text.trim()}`);
    return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? DEFAULT_PORT : Number(port) };
  });
}

async function addressesOf(host: string, { isDualStack }: { isDualStack: boolean }): Promise<string[]> {
  return (await lookup(host, { all: true, family: isDualStack ? 0 : 4 })).map(({ address }) => address);
}
