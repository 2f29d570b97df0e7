import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { UNAUTHENTICATED } from '@shiplog/contracts';
import { CONFIG, LOGGER } from '@shiplog/service';
import type { Logger } from 'pino';
import type { User } from '../rest/request';
import type { ApiConfig } from '../settings';
import { ReloadedFiles } from './reloaded-files';
import { Tokens } from './tokens';

/** Who does not say who they are. */
const ANONYMOUS: User = { name: 'system:anonymous', uid: '', groups: [UNAUTHENTICATED] };

/**
 * Who asks, by the tokens of the token file; one that is taken out of it is unknown a second later.
 *
 * What a guard is to Nest; but Nest's guards run when a body has been read already, so the listener asks before.
 */
@Injectable()
export class Authentication implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #tokens: ReloadedFiles<Tokens>;

  /** Throws ConfigError for a token file that can't be used. */
  constructor(@Inject(CONFIG) { tokenFile }: Pick<ApiConfig, 'tokenFile'>, @Inject(LOGGER) logger: Logger) {
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

  /** Who asks by an Authorization header; undefined when nobody is known by it. Without one it is somebody unknown. */
  userOf(authorization: string | undefined): User | undefined {
    return (authorization ?? '').trim() === '' ? ANONYMOUS : this.#tokens.value.userOf(authorization);
  }
}
