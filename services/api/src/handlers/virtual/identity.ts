import type { SelfSubjectReview, TokenReview } from '@shiplog/contracts';
import { ok, refused, statusOf, toSeconds } from '@shiplog/apimachinery';
import { infoOf } from '../../rest/access-request';
import { reviewOf } from './review';

/** `kubectl auth whoami`. */
export const selfSubjectReview = reviewOf<SelfSubjectReview>(({ apiVersion, kind }, { user, now }) =>
  ok({
    apiVersion,
    kind,
    metadata: { creationTimestamp: toSeconds(new Date(now).toISOString()) },
    status: { userInfo: infoOf(user) },
  }),
);

/** Whose a token is, as it would be found by this server. */
export const tokenReview = reviewOf<TokenReview>(async (review, { tokens }) => {
  const { token, audiences = [] } = review.spec;
  if (token === '') return refused(statusOf.badRequest('token is required for TokenReview in authentication'));
  const known = await tokens.authenticateToken(token, audiences.length === 0 ? undefined : audiences);
  const status =
    known === undefined
      ? { user: {}, error: 'invalid bearer token' }
      : { authenticated: true, user: infoOf(known.user), audiences: [...known.audiences] };
  return ok({ ...review, status });
});
