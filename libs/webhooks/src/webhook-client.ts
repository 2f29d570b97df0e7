import type { WebhookClientConfig } from '@shiplog/contracts';
import { Pool } from 'undici';
import { backendOfService, type Services } from './backend';
import { failureOfCode } from './failure-of-code';

const KEPT = 32;
const CONNECT_MS = 5_000;

export interface PostOptions {
  readonly timeoutSeconds: number;
  /** Of the answer, at most. */
  readonly mostBytes: number;
  /** What is left of that time, in milliseconds, where some of it has passed before. */
  readonly withinMs?: number;
  /** Ends the wait for an answer that nobody needs any more. */
  readonly signal?: AbortSignal;
}

/** There is no answer; the text says what was asked, and why, in the words of Go's client. */
export class WebhookFailed extends Error {}

/** Where a webhook is, and how it shows that it is the one. */
interface Place {
  /** As errors show it. */
  readonly url: string;
  readonly origin: string;
  readonly path: string;
  readonly serverName: string;
}

/** Posts JSON to webhooks over TLS, by their URL or to the Service that they are behind. Follows no redirects. */
export class WebhookClient {
  readonly #pools = new Map<string, Pool>();

  /** @param services those of now */
  constructor(private readonly services: () => Services) {}

  /** Breaks off what is under way. */
  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
  }

  /** The answer's JSON. Throws WebhookFailed where there is none. */
  async post(config: WebhookClientConfig, body: string, options: PostOptions): Promise<unknown> {
    const place = this.#placeOf(config, options.timeoutSeconds);
    const { statusCode, text } = await this.#asked(place, config.caBundle, body, options);
    if (statusCode < 200 || statusCode > 299) throw new WebhookFailed(failureOfCode(statusCode, text));
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw new WebhookFailed(`couldn't get version/kind; json parse error: ${messageOf(error)}`);
    }
  }

  async #asked(
    place: Place,
    caBundle: string | undefined,
    body: string,
    { timeoutSeconds, mostBytes, withinMs = timeoutSeconds * 1_000, signal }: PostOptions,
  ): Promise<{ statusCode: number; text: string }> {
    const timeout = AbortSignal.timeout(withinMs);
    try {
      const { statusCode, body: answer } = await this.#poolOf(place, caBundle).request({
        method: 'POST',
        path: place.path,
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body,
        signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
      });
      return { statusCode, text: await read(answer, mostBytes) };
    } catch (error) {
      const reason = timeout.aborted ? 'context deadline exceeded' : messageOf(error);
      throw new WebhookFailed(`Post ${JSON.stringify(place.url)}: ${reason}`);
    }
  }

  #placeOf({ url, service }: WebhookClientConfig, timeoutSeconds: number): Place {
    const timeout = `timeout=${timeoutSeconds}s`;
    if (url !== undefined) {
      const { origin, pathname, hostname } = new URL(url);
      const path = `${pathname}?${timeout}`;
      return { url: `${origin}${path}`, origin, path, serverName: hostname.replace(/^\[|\]$/g, '') };
    }
    const { name = '', namespace = '', path: own = '/', port = 443 } = service ?? {};
    const backend = backendOfService(this.services(), { name, namespace, port });
    const path = `${own}?${timeout}`;
    const shown = `https://${name}.${namespace}.svc:${port}${path}`;
    if ('reason' in backend) throw new WebhookFailed(`Post ${JSON.stringify(shown)}: ${backend.message}`);
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

/** How long an answer may take is each request's own. */
function connection(servername: string, caBundle: string | undefined): Pool.Options {
  const ca = caBundle === undefined ? {} : { ca: Buffer.from(caBundle, 'base64').toString('utf8') };
  return { headersTimeout: 0, bodyTimeout: 0, connect: { servername, timeout: CONNECT_MS, ...ca } };
}

async function read(body: AsyncIterable<Buffer>, mostBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new Error('the response is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Of a connection that several addresses were tried for, the first reason. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
