import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { Agent, request } from 'undici';

/** How long an issuer may take to tell its keys, in milliseconds, and how much it may say, in bytes. */
const ANSWER_MS = 5_000;
const MOST_BYTES = 1024 * 1024;
/** How long keys are believed without asking anew, and how long after an answer, or none, nobody asks again, in milliseconds. */
const FRESH_MS = 10 * 60_000;
const COOL_DOWN_MS = 10_000;

const CONFIGURATION = '/.well-known/openid-configuration';

/**
 * The keys of an issuer, found by OpenID Connect Discovery when the first token comes. jose's own remote key set bounds neither the
 * length of an answer nor the time of all of it.
 */
export class IssuerKeys {
  readonly #agent: Agent;
  #keys: JWTVerifyGetKey | undefined;
  #askedAt = -Infinity;
  #asking: Promise<void> | undefined;

  /** @param ca what the issuer's certificate is checked with, PEM; '': the authorities of the web */
  constructor(
    private readonly issuer: string,
    ca: string,
    private readonly now: () => number,
    private readonly onError: (error: unknown) => void,
  ) {
    this.#agent = new Agent({ connect: ca === '' ? {} : { ca } });
  }

  /** Finds the key of a token. Throws when there is none, also for as long as the issuer is away. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    if (this.#keys === undefined || this.now() - this.#askedAt > FRESH_MS) await this.#ask();
    if (this.#keys === undefined) throw new Error('the keys of the issuer are not known');
    try {
      return await this.#keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      // It may have a new one.
      await this.#ask();
      return this.#keys(header, token);
    }
  };

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  /** Asks, unless that was done a moment ago; all who wait share one answer. What is known stays when there is none. */
  #ask(): Promise<void> {
    if (this.#asking === undefined && this.now() - this.#askedAt < COOL_DOWN_MS) return Promise.resolve();
    this.#asking ??= this.#fetch()
      .then((keys) => {
        this.#keys = createLocalJWKSet(keys);
      })
      .catch(this.onError)
      .finally(() => {
        this.#askedAt = this.now();
        this.#asking = undefined;
      });
    return this.#asking;
  }

  async #fetch(): Promise<JSONWebKeySet> {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const found = (await this.#json(`${this.issuer.replace(/\/$/, '')}${CONFIGURATION}`, signal)) as {
      issuer?: unknown;
      jwks_uri?: unknown;
    };
    if (found.issuer !== this.issuer) throw new Error(`the issuer calls itself ${JSON.stringify(found.issuer)}`);
    const { jwks_uri: uri } = found;
    if (typeof uri !== 'string' || !uri.startsWith('https://')) throw new Error('the keys must be at an https URL');
    return (await this.#json(uri, signal)) as JSONWebKeySet;
  }

  async #json(url: string, signal: AbortSignal): Promise<object> {
    const { statusCode, body } = await request(url, { dispatcher: this.#agent, signal });
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > MOST_BYTES) throw new Error(`${url} answers with more than ${MOST_BYTES} bytes`);
      chunks.push(chunk);
    }
    if (statusCode !== 200) throw new Error(`${url} answers with ${statusCode}`);
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    if (typeof value !== 'object' || value === null) throw new Error(`${url} must answer with a JSON object`);
    return value;
  }
}
