import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG, LOGGER } from '@shiplog/service';
import type { Logger } from 'pino';
import { ReloadedFiles } from '../common/reloaded-files';
import type { ApiConfig } from '../settings';
import type { Authenticated, TokenAuthenticator } from './authenticator';
import { AccountTokens } from './service-accounts/account-tokens';
import { Tokens } from './token-file';

/** Knows users by the tokens of the token file; one that is taken out of it is unknown a second later. */
@Injectable()
export class TokenFileAuthenticator implements TokenAuthenticator, OnApplicationBootstrap, OnApplicationShutdown {
  readonly #tokens: ReloadedFiles<Tokens>;

  /** Throws ConfigError for a token file that can't be used. */
  constructor(
    @Inject(CONFIG) { tokenFile }: Pick<ApiConfig, 'tokenFile'>,
    @Inject(LOGGER) logger: Logger,
    private readonly accountTokens: AccountTokens,
  ) {
    this.#tokens = new ReloadedFiles({
      name: 'the tokens (TOKEN_FILE)',
      paths: [tokenFile],
      parse: ([text = '']) => new Tokens(text),
      logger,
    });
  }

  onApplicationBootstrap(): void {
    this.#tokens.watch();
  }

  onApplicationShutdown(): void {
    this.#tokens.close();
  }

  /** The tokens of the file say for whom they are not: they are for this server alone. */
  authenticateToken(token: string, wanted?: readonly string[]): Authenticated | undefined {
    const { audiences: own } = this.accountTokens;
    const audiences = wanted === undefined ? own : own.filter((audience) => wanted.includes(audience));
    const user = audiences.length === 0 ? undefined : this.#tokens.value.userOf(token);
    return user === undefined ? undefined : { user, audiences };
  }
}
