import { Type, type Static } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { accountGroups, accountUser } from '@shiplog/authorization';
import type { User } from '../../rest/request';

/** Clocks of two machines differ, and what ends is told to all a little later: as much as Kubernetes allows, in seconds. */
export const LEEWAY = 60;

const Reference = Type.Object({ name: Type.String({ minLength: 1 }), uid: Type.String({ minLength: 1 }) });
const NodeReference = Type.Object({ name: Type.String({ minLength: 1 }), uid: Type.Optional(Type.String()) });

const AccountClaims = Type.Object({
  iss: Type.String(),
  sub: Type.String(),
  aud: Type.Array(Type.String(), { minItems: 1 }),
  exp: Type.Number(),
  iat: Type.Number(),
  nbf: Type.Number(),
  jti: Type.Optional(Type.String()),
  'kubernetes.io': Type.Object({
    namespace: Type.String({ minLength: 1 }),
    serviceaccount: Reference,
    pod: Type.Optional(Reference),
    secret: Type.Optional(Reference),
    node: Type.Optional(NodeReference),
    warnafter: Type.Optional(Type.Number()),
  }),
});

/** What a service account's token says; times in seconds since 1970. */
export type AccountClaims = Static<typeof AccountClaims>;

/** What lives as long as its token does. */
export type Bound = Pick<AccountClaims['kubernetes.io'], 'pod' | 'secret' | 'node'>;

const checker = TypeCompiler.Compile(AccountClaims);

/** The claims of a token whose signature is good; undefined when they are not as {@link claimsOf} makes them. */
export function readClaims(payload: unknown): AccountClaims | undefined {
  return checker.Check(payload) && payload.sub === subjectOf(payload) ? payload : undefined;
}

/** What a token is made from. */
export interface Grant {
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly namespace: string;
  readonly account: { readonly name: string; readonly uid: string };
  readonly bound: Bound;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** How long it is good, in seconds. */
  readonly seconds: number;
  /** After how many seconds its bearer should have taken another; absent: there is nothing to tell. */
  readonly warnAfter?: number;
  readonly id: string;
}

/** The claims of a new token, as Kubernetes has them. */
export function claimsOf(grant: Grant): AccountClaims {
  const { namespace, account, bound, warnAfter, seconds } = grant;
  const from = Math.floor(grant.now / 1000);
  const about = {
    namespace,
    ...(bound.node === undefined ? {} : { node: bound.node }),
    ...(bound.pod === undefined ? {} : { pod: bound.pod }),
    ...(bound.secret === undefined ? {} : { secret: bound.secret }),
    serviceaccount: account,
    ...(warnAfter === undefined ? {} : { warnafter: from + warnAfter }),
  };
  return {
    aud: [...grant.audiences],
    exp: from + seconds,
    iat: from,
    iss: grant.issuer,
    jti: grant.id,
    'kubernetes.io': about,
    nbf: from,
    sub: accountUser(namespace, account.name),
  };
}

/** Whether a token is good at a time (milliseconds since 1970). */
export function isTimely({ exp, nbf }: Pick<AccountClaims, 'exp' | 'nbf'>, now: number): boolean {
  const seconds = now / 1000;
  return seconds < exp + LEEWAY && seconds >= nbf - LEEWAY;
}

/** Who bears a token. */
export function userOfClaims({ jti, 'kubernetes.io': about }: AccountClaims): User {
  const { namespace, serviceaccount, pod, node } = about;
  const known: [string, string | undefined][] = [
    ['credential-id', jti === undefined ? undefined : `JTI=${jti}`],
    ['node-name', node?.name],
    ['node-uid', node?.uid],
    ['pod-name', pod?.name],
    ['pod-uid', pod?.uid],
  ];
  const extra = known.flatMap(([key, value]) => (value === undefined ? [] : [[`${EXTRA}${key}`, [value]]]));
  return {
    name: accountUser(namespace, serviceaccount.name),
    uid: serviceaccount.uid,
    groups: accountGroups(namespace),
    extra: Object.fromEntries(extra) as Record<string, string[]>,
  };
}

const EXTRA = 'authentication.kubernetes.io/';

function subjectOf({ 'kubernetes.io': { namespace, serviceaccount } }: AccountClaims): string {
  return accountUser(namespace, serviceaccount.name);
}
