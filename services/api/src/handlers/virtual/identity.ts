import type { SelfSubjectReview, TokenReview } from '@shiplog/contracts';
import { ok, refused, statusOf, toSeconds } from '@shiplog/apimachinery';
import { infoOf } from '../../rest/access-request';
import { reviewOf } from './review';

/** Whom a token without audiences of its own is meant for: this server, by the name that Kubernetes' has by default. */
const AUDIENCE = 'https://kubernetes.default.svc.cluster.local';

/** `kubectl auth whoami`. */
export const selfSubjectReview = reviewOf<SelfSubjectReview>(({ apiVersion, kind }, { user, now }) =>
  ok({
    apiVersion,
    kind,
    metadata: { creationTimestamp: toSeconds(new Date(now).toISOString()) },
    status: { userInfo: infoOf(user) },
  }),
);

/** Whose a token is, by the token file. */
export const tokenReview = reviewOf<TokenReview>((review, { tokens }) => {
  const { token, audiences = [] } = review.spec;
  if (token === '') return refused(statusOf.badRequest('token is required for TokenReview in authentication'));
  const isForOthers = audiences.length > 0 && !audiences.includes(AUDIENCE);
  const user = isForOthers ? undefined : tokens.userOf(`Bearer ${token}`);
  const status =
    user === undefined
      ? { user: {}, error: 'invalid bearer token' }
      : { authenticated: true, user: infoOf(user), audiences: [AUDIENCE] };
  return ok({ ...review, status });
});
