import { readFileSync } from 'node:fs';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG } from '@shiplog/service';
import { Pool } from 'undici';
import type { ApiConfig } from '../../settings';
import type { Backend, StoredApiService } from '../../cache/backend';

/** Connections to as many servers are kept; of more, those used least lately are closed. */
const KEPT = 64;
const CONNECT_MS = 5_000;
/** How long a server may take until its answer begins, in milliseconds: as long as Kubernetes gives a request. */
const HEADERS_MS = 60_000;

/** Connections to the servers of APIServices: over TLS, with the certificate by which they know that it is the api that asks. */
@Injectable()
export class BackendConnections implements OnApplicationShutdown {
  readonly #pools = new Map<string, Pool>();
  #turn = 0;

  constructor(@Inject(CONFIG) private readonly config: Pick<ApiConfig, 'proxyCertFile' | 'proxyKeyFile'>) {}

  /** Connections to one of a server's addresses, each in its turn. */
  to(service: StoredApiService, { addresses, port, serverName }: Backend): Pool {
    const address = addresses[this.#turn++ % addresses.length] ?? addresses[0];
    const { uid, generation = 0 } = service.metadata;
    // What it is trusted by may have changed with the object.
    const key = [uid, generation, JSON.stringify(service.spec), address, port].join(' ');
    const pool = this.#pools.get(key) ?? this.#open(service, address, port, serverName);
    this.#pools.delete(key);
    this.#pools.set(key, pool);
    this.#closeOldest();
    return pool;
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
  }

  #open({ spec }: StoredApiService, address: string, port: number, servername: string): Pool {
    const host = address.includes(':') ? `[${address}]` : address;
    return new Pool(`https://${host}:${port}`, {
      headersTimeout: HEADERS_MS,
      // A watch may be silent as long as it likes.
      bodyTimeout: 0,
      connect: {
        servername,
        timeout: CONNECT_MS,
        rejectUnauthorized: spec?.insecureSkipTLSVerify !== true,
        ...(spec?.caBundle === undefined ? {} : { ca: Buffer.from(spec.caBundle, 'base64').toString('utf8') }),
        ...this.#identity(),
      },
    });
  }

  /** Read anew for each server: the files may have been renewed. */
  #identity(): { cert?: string; key?: string } {
    const { proxyCertFile, proxyKeyFile } = this.config;
    if (proxyCertFile === '' || proxyKeyFile === '') return {};
    return { cert: readFileSync(proxyCertFile, 'utf8'), key: readFileSync(proxyKeyFile, 'utf8') };
  }

  #closeOldest(): void {
    for (const [key, pool] of this.#pools) {
      if (this.#pools.size <= KEPT) return;
      this.#pools.delete(key);
      // What is under way on it ends first.
      void pool.close();
    }
  }
}
