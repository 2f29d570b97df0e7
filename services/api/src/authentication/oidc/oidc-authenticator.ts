import { readFileSync } from 'node:fs';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG, ConfigError, LOGGER } from '@shiplog/service';
import { decodeJwt, jwtVerify } from 'jose';
import type { Logger } from 'pino';
import { Clock } from '../../common/clock';
import type { ApiConfig } from '../../settings';
import type { Authenticated, TokenAuthenticator } from '../authenticator';
import { AccountTokens } from '../service-accounts/account-tokens';
import { userOfClaims, type ClaimRules } from './claims';
import { IssuerKeys } from './issuer-keys';

/** What a public key can sign by: never a secret, which a public key could be taken for. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512'];

interface Provider {
  readonly issuer: string;
  readonly clientId: string;
  readonly algorithms: string[];
  readonly rules: ClaimRules;
  readonly keys: IssuerKeys;
}

/** Knows the users of an OpenID Connect provider by its ID tokens, if the api is told of one. */
@Injectable()
export class OidcAuthenticator implements TokenAuthenticator, OnApplicationShutdown {
  readonly #provider: Provider | undefined;

  /** Throws ConfigError for settings that can't be used. */
  constructor(
    @Inject(CONFIG) config: ApiConfig,
    @Inject(LOGGER) logger: Logger,
    private readonly clock: Clock,
    private readonly accountTokens: AccountTokens,
  ) {
    const onError = (error: unknown): void =>
      logger.warn({ err: error, issuer: config.oidcIssuerUrl }, 'the keys of the OIDC issuer could not be read');
    this.#provider = providerOf(config, () => clock.now(), onError);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#provider?.keys.close();
  }

  /** Its tokens say for whom they are, but not that it is this server. */
  authenticateToken(
    token: string,
    wanted?: readonly string[],
  ): Authenticated | undefined | Promise<Authenticated | undefined> {
    const provider = this.#provider;
    const { audiences: own } = this.accountTokens;
    const audiences = wanted === undefined ? own : own.filter((audience) => wanted.includes(audience));
    if (provider === undefined || audiences.length === 0 || issuerOf(token) !== provider.issuer) return undefined;
    return this.#verify(token, provider, audiences);
  }

  async #verify(
    token: string,
    { issuer, clientId, algorithms, rules, keys }: Provider,
    audiences: readonly string[],
  ): Promise<Authenticated | undefined> {
    const currentDate = new Date(this.clock.now());
    const options = { issuer, audience: clientId, algorithms, currentDate, requiredClaims: ['exp'] };
    try {
      const { payload } = await jwtVerify(token, keys.find, options);
      const user = userOfClaims(payload, rules);
      return user === undefined ? undefined : { user, audiences };
    } catch {
      return undefined;
    }
  }
}

/** What an unproved token says of where it is from. */
function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

function providerOf(config: ApiConfig, now: () => number, onError: (error: unknown) => void): Provider | undefined {
  const { oidcIssuerUrl: issuer, oidcClientId: clientId } = config;
  if (issuer === '') return undefined;
  if (clientId === '') throw new ConfigError('OIDC_CLIENT_ID must be set where OIDC_ISSUER_URL is');
  const algorithms = listOf(config.oidcSigningAlgs);
  const wrong = algorithms.find((algorithm) => !ALGORITHMS.includes(algorithm));
  if (wrong !== undefined)
    throw new ConfigError(`OIDC_SIGNING_ALGS names "${wrong}", which is none of ${ALGORITHMS.join(', ')}`);
  return {
    issuer,
    clientId,
    algorithms,
    rules: {
      usernameClaim: config.oidcUsernameClaim,
      usernamePrefix: usernamePrefixOf(config),
      groupsClaim: config.oidcGroupsClaim,
      groupsPrefix: config.oidcGroupsPrefix,
      requiredClaims: new Map(listOf(config.oidcRequiredClaims).map(pairOf)),
    },
    keys: new IssuerKeys(issuer, authorityIn(config.oidcCaFile), now, onError),
  };
}

/** Names of another house are kept apart from ours, unless they are addresses, or it is said that they need not be. */
function usernamePrefixOf({
  oidcUsernamePrefix: prefix,
  oidcUsernameClaim: claim,
  oidcIssuerUrl: issuer,
}: ApiConfig): string {
  if (prefix === '-') return '';
  if (prefix !== '') return prefix;
  return claim === 'email' ? '' : `${issuer}#`;
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function pairOf(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at <= 0) throw new ConfigError(`OIDC_REQUIRED_CLAIMS has "${text}", which is not of the form claim=value`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function authorityIn(path: string): string {
  try {
    return path === '' ? '' : readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`OIDC_CA_FILE is "${path}", which can't be read: ${String(error)}`);
  }
}
