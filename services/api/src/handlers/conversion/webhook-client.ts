import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { ConversionWebhook } from '@shiplog/contracts';
import { Pool } from 'undici';
import { backendOfService } from '../../cache/backend';
import { ClusterCache } from '../../cache/cluster-cache';

/** How long a webhook may take, in milliseconds: as long as Kubernetes gives one. */
const TIMEOUT_MS = 30_000;
/** An answer holds as many objects as a list does; of more nobody could make use. */
const MOST_BYTES = 64 * 1024 * 1024;
const KEPT = 32;

/** Where a webhook is, and how it shows that it is the one. */
interface Place {
  /** As errors show it. */
  readonly url: string;
  readonly origin: string;
  readonly path: string;
  readonly serverName: string;
}

/** Posts JSON to webhooks over TLS, by their URL or to the Service that they are behind. */
@Injectable()
export class WebhookClient implements OnApplicationShutdown {
  readonly #pools = new Map<string, Pool>();

  constructor(private readonly cluster: ClusterCache) {}

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
  }

  /** The answer's JSON. Throws an error whose message says what was asked, and why there is no answer. */
  async post({ clientConfig = {} }: ConversionWebhook, body: unknown): Promise<unknown> {
    const place = this.#placeOf(clientConfig);
    try {
      const { statusCode, body: answer } = await this.#poolOf(place, clientConfig.caBundle).request({
        method: 'POST',
        path: place.path,
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const text = await read(answer);
      if (statusCode < 200 || statusCode > 299) {
        throw new Error(`the server responded with the status code ${statusCode} but did not return more information`);
      }
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw new Error(`Post ${JSON.stringify(place.url)}: ${messageOf(error)}`);
    }
  }

  #placeOf({ url, service }: NonNullable<ConversionWebhook['clientConfig']>): Place {
    const timeout = `timeout=${TIMEOUT_MS / 1_000}s`;
    if (url !== undefined) {
      const { origin, pathname, hostname } = new URL(url);
      const path = `${pathname}?${timeout}`;
      return { url: `${origin}${path}`, origin, path, serverName: hostname.replace(/^\[|\]$/g, '') };
    }
    const { name = '', namespace = '', path: own = '/', port = 443 } = service ?? {};
    const backend = backendOfService(this.cluster.projection, { name, namespace, port });
    const path = `${own}?${timeout}`;
    const shown = `https://${name}.${namespace}.svc:${port}${path}`;
    if ('reason' in backend) throw new Error(`Post ${JSON.stringify(shown)}: ${backend.message}`);
    const [address] = backend.addresses;
    const host = address.includes(':') ? `[${address}]` : address;
    return { url: shown, origin: `https://${host}:${backend.port}`, path, serverName: backend.serverName };
  }

  #poolOf({ origin, serverName }: Place, caBundle: string | undefined): Pool {
    const key = `${origin} ${serverName} ${caBundle ?? ''}`;
    const pool = this.#pools.get(key) ?? new Pool(origin, connection(serverName, caBundle));
    this.#pools.delete(key);
    this.#pools.set(key, pool);
    for (const [oldest, unused] of this.#pools) {
      if (this.#pools.size <= KEPT) break;
      this.#pools.delete(oldest);
      void unused.close();
    }
    return pool;
  }
}

function connection(servername: string, caBundle: string | undefined): Pool.Options {
  const ca = caBundle === undefined ? {} : { ca: Buffer.from(caBundle, 'base64').toString('utf8') };
  return { headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS, connect: { servername, timeout: 5_000, ...ca } };
}

async function read(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Error('the response is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Of a connection that several addresses were tried for, the first reason. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
