import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG, LOGGER } from '@shiplog/service';
import { compactVerify, errors, exportJWK, SignJWT, type CompactJWSHeaderParameters } from 'jose';
import type { Logger } from 'pino';
import { ReloadedFiles } from '../../common/reloaded-files';
import type { ApiConfig } from '../../settings';
import { claimsOf, readClaims, userOfClaims, type AccountClaims, type Grant } from './claims';
import { ALGORITHMS, readSigningKeys, type SigningKeys, type TokenKey } from './signing-keys';
import { VerifiedTokens, type VerifiedToken } from './verified-tokens';

type Config = Pick<ApiConfig, 'accountKeyFile' | 'accountPublicKeysFile' | 'accountIssuer' | 'apiAudiences'>;

/**
 * Signs tokens of service accounts, and tells whether one was signed here. Whether its account is still there is asked by
 * {@link AccountAuthenticator}, of each token anew.
 */
@Injectable()
export class AccountTokens implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly issuer: string;
  /** Whom a token without audiences of its own is meant for: this server. */
  readonly audiences: readonly string[];
  readonly #keys: ReloadedFiles<SigningKeys>;
  readonly #verified = new VerifiedTokens();

  /** Throws ConfigError for keys that can't be used. */
  constructor(@Inject(CONFIG) config: Config, @Inject(LOGGER) logger: Logger) {
    this.issuer = config.accountIssuer;
    const audiences = config.apiAudiences.split(',').filter((audience) => audience !== '');
    this.audiences = audiences.length === 0 ? [this.issuer] : audiences;
    this.#keys = new ReloadedFiles({
      name: 'the keys of service accounts (SERVICE_ACCOUNT_KEY_FILE, SERVICE_ACCOUNT_PUBLIC_KEYS_FILE)',
      paths: [config.accountKeyFile, config.accountPublicKeysFile].filter((path) => path !== ''),
      parse: ([signing = '', older = '']) => readSigningKeys(signing, older),
      logger,
      onChange: () => this.#verified.clear(),
    });
  }

  onApplicationBootstrap(): void {
    this.#keys.watch();
  }

  onApplicationShutdown(): void {
    this.#keys.close();
  }

  /** A new token. */
  async sign(grant: Omit<Grant, 'issuer' | 'id'>): Promise<string> {
    const { signing } = this.#keys.value;
    const claims = claimsOf({ ...grant, issuer: this.issuer, id: randomUUID() });
    return new SignJWT({ ...claims }).setProtectedHeader({ alg: signing.algorithm, kid: signing.id }).sign(signing.key);
  }

  /** What a token of this issuer says; undefined when it was not signed here. At once for a token that was seen before. */
  verified(token: string): VerifiedToken | undefined | Promise<VerifiedToken | undefined> {
    return this.#verified.get(token) ?? this.#verify(token);
  }

  /** The keys that tell whether a token was signed here (RFC 7517). */
  async jwks(): Promise<{ keys: object[] }> {
    const keys = this.#keys.value.trusted.map(async ({ id, algorithm, key }) => ({
      use: 'sig',
      ...(await exportJWK(key)),
      kid: id,
      alg: algorithm,
    }));
    return { keys: await Promise.all(keys) };
  }

  /** By which algorithms they do so. */
  get algorithms(): readonly string[] {
    return [...new Set(this.#keys.value.trusted.map(({ algorithm }) => algorithm))].sort();
  }

  async #verify(token: string): Promise<VerifiedToken | undefined> {
    const keys = this.#keys.value;
    const claims = await this.#signedClaims(token, keys);
    if (claims === undefined || claims.iss !== this.issuer) return undefined;
    const verified = { claims, user: userOfClaims(claims) };
    // Not when the keys were replaced meanwhile.
    if (keys === this.#keys.value) this.#verified.add(token, verified);
    return verified;
  }

  async #signedClaims(token: string, { trusted }: SigningKeys): Promise<AccountClaims | undefined> {
    for (const trustedKey of trusted) {
      const payload = await payloadOf(token, trustedKey);
      if (payload === 'of another key') continue;
      return payload === undefined ? undefined : readClaims(payload);
    }
    return undefined;
  }
}

/** What a token says if a key signed it. A token that names a key is tried with no other. */
async function payloadOf(token: string, trusted: TokenKey): Promise<unknown> {
  const keyFor = ({ kid, alg }: CompactJWSHeaderParameters): TokenKey['key'] => {
    if ((kid !== undefined && kid !== trusted.id) || alg !== trusted.algorithm) throw new OfAnotherKey();
    return trusted.key;
  };
  try {
    const { payload } = await compactVerify(token, keyFor, { algorithms: [...ALGORITHMS] });
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch (error) {
    if (error instanceof OfAnotherKey || error instanceof errors.JWSSignatureVerificationFailed)
      return 'of another key';
    return undefined;
  }
}

class OfAnotherKey extends Error {}
