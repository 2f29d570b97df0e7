import { Inject, Injectable } from '@nestjs/common';
import { CONFIG } from '@shiplog/service';
import { AccountTokens } from '../authentication/service-accounts/account-tokens';
import { jsonAnswer, type Answer } from '../rest/answer';
import type { ApiConfig } from '../settings';

const CONFIGURATION = '/.well-known/openid-configuration';
const KEYS = '/openid/v1/jwks';
/** As long as a key that signs anew has to be known before it does. */
const HEADERS = { 'cache-control': 'public, max-age=3600' };

/** What others need to tell whether a service account's token is good, by the rules of OpenID Connect Discovery. */
@Injectable()
export class OpenIdDocuments {
  constructor(
    private readonly tokens: AccountTokens,
    @Inject(CONFIG) private readonly config: Pick<ApiConfig, 'advertiseAddress' | 'port'>,
  ) {}

  /** Undefined for any other path. */
  answer(path: string): Promise<Answer> | Answer | undefined {
    if (path === CONFIGURATION) return { ...jsonAnswer(200, this.#configuration()), headers: HEADERS };
    if (path !== KEYS) return undefined;
    return this.tokens
      .jwks()
      .then((keys) => ({ ...jsonAnswer(200, keys, 'application/jwk-set+json'), headers: HEADERS }));
  }

  #configuration(): object {
    const { advertiseAddress: address, port } = this.config;
    return {
      issuer: this.tokens.issuer,
      jwks_uri: `https://${address.includes(':') ? `[${address}]` : address}:${port}${KEYS}`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: this.tokens.algorithms,
    };
  }
}
