import { Injectable } from '@nestjs/common';
import type { BuiltIn, StoredObject } from '@shiplog/contracts';
import { ClusterCache } from '../../cache/cluster-cache';
import { Clock } from '../../common/clock';
import type { Authenticated, TokenAuthenticator } from '../authenticator';
import { AccountTokens } from './account-tokens';
import { isTimely, LEEWAY, type AccountClaims } from './claims';
import type { VerifiedToken } from './verified-tokens';

/** Knows service accounts by their tokens, as long as the account, and what the token is bound to, are there. */
@Injectable()
export class AccountAuthenticator implements TokenAuthenticator {
  constructor(
    private readonly tokens: AccountTokens,
    private readonly cluster: ClusterCache,
    private readonly clock: Clock,
  ) {}

  /** Throws 503 while the log is still being read. */
  authenticateToken(
    token: string,
    audiences: readonly string[] = this.tokens.audiences,
  ): Authenticated | undefined | Promise<Authenticated | undefined> {
    const verified = this.tokens.verified(token);
    return verified instanceof Promise
      ? verified.then((settled) => this.#judged(settled, audiences))
      : this.#judged(verified, audiences);
  }

  #judged(verified: VerifiedToken | undefined, wanted: readonly string[]): Authenticated | undefined {
    if (verified === undefined) return undefined;
    const { claims, user } = verified;
    const audiences = wanted.filter((audience) => claims.aud.includes(audience));
    if (audiences.length === 0 || !isTimely(claims, this.clock.now()) || !this.#isValid(claims)) return undefined;
    return { user, audiences };
  }

  /** Whether all that a token stands for is there, and is no other object of the same name. */
  #isValid({ 'kubernetes.io': about }: AccountClaims): boolean {
    const { namespace, serviceaccount, pod, secret, node } = about;
    const isThere = (resource: BuiltIn, within: string, reference?: { name: string; uid?: string }): boolean =>
      reference === undefined || this.#isThere(resource, within, reference);
    return (
      isThere('serviceaccounts', namespace, serviceaccount) &&
      isThere('secrets', namespace, secret) &&
      isThere('pods', namespace, pod) &&
      // That of a pod only says where the pod was.
      (pod !== undefined || isThere('nodes', '', node))
    );
  }

  #isThere(resource: BuiltIn, namespace: string, { name, uid }: { name: string; uid?: string }): boolean {
    const found = this.cluster.projection.get(resource, namespace, name) as StoredObject | undefined;
    return found !== undefined && found.metadata.uid === uid && !this.#isGone(found);
  }

  /** Whether it should have been gone for longer than it may take until everybody has heard of it. */
  #isGone({ metadata: { deletionTimestamp } }: StoredObject): boolean {
    return deletionTimestamp !== undefined && Date.parse(deletionTimestamp) < this.clock.now() - LEEWAY * 1000;
  }
}
