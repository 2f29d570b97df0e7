import type { LeadershipClaim as Claim } from '@shiplog/contracts';

export type { Claim };

/**
 * Which of the claims goes first: who leads before who waits, then the elder, then the lower name. All members hear the
 * same claims and so come to the same answer. Of two that lead (after a parting of ways) the elder goes on.
 */
export function firstOf(claims: Iterable<Claim>): Claim | undefined {
  let first: Claim | undefined;
  for (const claim of claims) if (first === undefined || precedes(claim, first)) first = claim;
  return first;
}

function precedes(a: Claim, b: Claim): boolean {
  if (a.state !== b.state) return a.state === 'leads';
  if (a.since !== b.since) return a.since < b.since;
  return a.member < b.member;
}
