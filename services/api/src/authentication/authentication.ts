import { Injectable } from '@nestjs/common';
import { ANONYMOUS, UNAUTHENTICATED } from '@shiplog/contracts';
import { Clock } from '../common/clock';
import type { User } from '../rest/request';
import type { Authenticated, TokenAuthenticator } from './authenticator';
import { bearerOf, isSilent, LONGEST_TOKEN, type RequestHeaders } from './bearer';
import { protocolTokenOf } from './protocol-token';
import { OidcAuthenticator } from './oidc/oidc-authenticator';
import { AccountAuthenticator } from './service-accounts/account-authenticator';
import { TokenFileAuthenticator } from './token-file-authenticator';

/**
 * Who asks: whom a trusted certificate of the connection names, else whom the first authenticator knows by the request's token:
 * that of its Authorization header, or else the one among the protocols of a WebSocket.
 *
 * What a guard is to Nest; but Nest's guards run when a body has been read already, so the listener asks before.
 */
@Injectable()
export class Authentication implements TokenAuthenticator {
  readonly #chain: readonly TokenAuthenticator[];

  constructor(
    tokenFile: TokenFileAuthenticator,
    accounts: AccountAuthenticator,
    oidc: OidcAuthenticator,
    private readonly clock: Clock,
  ) {
    this.#chain = [tokenFile, accounts, oidc];
  }

  /** The user of a request; undefined when it shows a credential that nobody is known by. */
  authenticate(head: RequestHeaders): User | undefined | Promise<User | undefined> {
    const { certificate } = head;
    const isTrusted = certificate?.isTrusted === true && this.clock.now() < certificate.ends;
    if (isTrusted && certificate.user !== undefined) return certificate.user;
    const token = bearerOf(head);
    if (token === undefined) return this.#withoutHeader(head, certificate === undefined || isTrusted);
    return this.#userOf(token);
  }

  /** @param isOpen whether one that shows nothing else may be nobody's: a certificate that is not trusted is a wrong credential */
  #withoutHeader(head: RequestHeaders, isOpen: boolean): User | undefined | Promise<User | undefined> {
    const offered = protocolTokenOf(head);
    if (offered !== undefined) return offered.token === undefined ? undefined : this.#userOf(offered.token);
    // A certificate that names nobody is as good as none.
    return isSilent(head) && isOpen ? NOBODY : undefined;
  }

  #userOf(token: string): User | undefined | Promise<User | undefined> {
    const known = this.authenticateToken(token);
    return known instanceof Promise ? known.then((settled) => settled?.user) : known?.user;
  }

  /** The same of a token that somebody else was shown. */
  authenticateToken(token: string, audiences?: readonly string[]): ReturnType<TokenAuthenticator['authenticateToken']> {
    return token.length > LONGEST_TOKEN ? undefined : this.#from(0, token, audiences);
  }

  /** At once, where none of them has to wait. */
  #from(
    index: number,
    token: string,
    audiences: readonly string[] | undefined,
  ): Authenticated | undefined | Promise<Authenticated | undefined> {
    const known = this.#chain[index]?.authenticateToken(token, audiences);
    const isLast = index + 1 >= this.#chain.length;
    if (known instanceof Promise) {
      return isLast ? known : known.then((settled) => settled ?? this.#from(index + 1, token, audiences));
    }
    return known ?? (isLast ? undefined : this.#from(index + 1, token, audiences));
  }
}

const NOBODY: User = { name: ANONYMOUS, uid: '', groups: [UNAUTHENTICATED] };
