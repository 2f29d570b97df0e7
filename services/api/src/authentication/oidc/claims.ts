import { AUTHENTICATED } from '@shiplog/contracts';
import type { User } from '../../rest/request';

/** How the claims of somebody else's tokens are read: as kube-apiserver's settings of the same names. */
export interface ClaimRules {
  readonly usernameClaim: string;
  readonly usernamePrefix: string;
  /** '' where tokens say nothing of groups. */
  readonly groupsClaim: string;
  readonly groupsPrefix: string;
  readonly requiredClaims: ReadonlyMap<string, string>;
}

export type Claims = Readonly<Record<string, unknown>>;

/** Whom the claims of a good token name; undefined when they name nobody, or one who may not come in. */
export function userOfClaims(claims: Claims, rules: ClaimRules): User | undefined {
  const { usernameClaim, usernamePrefix, groupsClaim, groupsPrefix } = rules;
  for (const [name, value] of rules.requiredClaims) if (own(claims, name) !== value) return undefined;
  const name = own(claims, usernameClaim);
  if (typeof name !== 'string' || name === '') return undefined;
  // An address that nobody has proved is anybody's.
  if (usernameClaim === 'email' && (own(claims, 'email_verified') ?? true) !== true) return undefined;
  const groups = groupsIn(groupsClaim === '' ? undefined : own(claims, groupsClaim));
  if (groups === undefined) return undefined;
  return {
    name: `${usernamePrefix}${name}`,
    uid: '',
    groups: [...new Set([...groups.map((group) => `${groupsPrefix}${group}`), AUTHENTICATED])],
  };
}

/** One group or several; undefined for what is neither. */
function groupsIn(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return [];
  const groups: unknown[] = [value].flat();
  return groups.every((group) => typeof group === 'string') ? groups : undefined;
}

function own(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}
