import type { User } from '../rest/request';

/** Whose a token is, and which of the audiences that were asked for it is meant for. */
export interface Authenticated {
  readonly user: User;
  readonly audiences: readonly string[];
}

/** Who knows whose some bearer tokens are. */
export interface TokenAuthenticator {
  /**
   * Whose a token is; undefined when nobody is known by it.
   * @param audiences whom it must be meant for, one of them at least; absent: this server
   */
  authenticateToken(
    token: string,
    audiences?: readonly string[],
  ): Authenticated | undefined | Promise<Authenticated | undefined>;
}
