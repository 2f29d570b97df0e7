import { accountGroups, accountOfUser, type ResourceRequest } from '@shiplog/authorization';
import { ANONYMOUS, AUTHENTICATED, UNAUTHENTICATED, type UserInfo } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import { throwStatus } from './errors';
import type { User } from './request';

const EXTRA = 'impersonate-extra-';
const AUTHENTICATION = 'authentication.k8s.io';

/** Whom somebody wants to be, and what each part of it needs the right to `impersonate`. */
export interface Impersonation {
  readonly user: User;
  readonly needs: (by: UserInfo) => readonly ResourceRequest[];
}

/**
 * As whom a request asks by its `Impersonate-` headers; undefined when it has none. Throws 500, as Kubernetes does, for parts of a
 * user without a name.
 *
 * @param values of each header by its name in small letters, in the order in which they came
 */
export function impersonationOf(values: ReadonlyMap<string, readonly string[]>): Impersonation | undefined {
  const [name = ''] = values.get('impersonate-user') ?? [];
  const [uid = ''] = values.get('impersonate-uid') ?? [];
  const groups = values.get('impersonate-group') ?? [];
  const extra = extraOf(values);
  const isNothing = name === '' && uid === '' && groups.length === 0 && extra.size === 0;
  if (isNothing) return undefined;
  if (name === '')
    throwStatus(statusOf.internal(`requested ${partsOf(uid, groups, extra)} without impersonating a user`));
  const account = accountOfUser(name);
  const user: User = {
    name,
    uid,
    groups: allGroups(name, groups, account),
    ...(extra.size === 0 ? {} : { extra: Object.fromEntries(extra) }),
  };
  return { user, needs: (by) => needsOf(by, { name, uid, groups, extra, account }) };
}

interface Asked {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: ReadonlyMap<string, readonly string[]>;
  readonly account: ReturnType<typeof accountOfUser>;
}

function needsOf(user: UserInfo, { name, uid, groups, extra, account }: Asked): ResourceRequest[] {
  const of = { user, verb: 'impersonate', group: '' };
  return [
    account === undefined ? { ...of, resource: 'users', name } : { ...of, resource: 'serviceaccounts', ...account },
    ...groups.map((group) => ({ ...of, resource: 'groups', name: group })),
    ...[...extra].flatMap(([key, items]) =>
      items.map((item) => ({ ...of, group: AUTHENTICATION, resource: 'userextras', subresource: key, name: item })),
    ),
    ...(uid === '' ? [] : [{ ...of, group: AUTHENTICATION, resource: 'uids', name: uid }]),
  ];
}

/** A service account is in the groups of its kind, where no others are asked for; everybody is known or not known. */
function allGroups(name: string, asked: readonly string[], account: Asked['account']): string[] {
  const own = account === undefined ? [] : accountGroups(account.namespace);
  const groups = asked.length > 0 ? [...asked] : own;
  if (groups.includes(AUTHENTICATED) || groups.includes(UNAUTHENTICATED)) return groups;
  return [...groups, name === ANONYMOUS ? UNAUTHENTICATED : AUTHENTICATED];
}

/** Keys are written in percent encoding, because headers know no capital letters and few signs. */
function extraOf(values: ReadonlyMap<string, readonly string[]>): Map<string, readonly string[]> {
  const extra = new Map<string, readonly string[]>();
  for (const [header, items] of values) {
    if (header.startsWith(EXTRA)) extra.set(unescaped(header.slice(EXTRA.length)), items);
  }
  return extra;
}

function unescaped(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

function partsOf(uid: string, groups: readonly string[], extra: ReadonlyMap<string, unknown>): string {
  return [
    ...(uid === '' ? [] : ['uid']),
    ...(groups.length === 0 ? [] : ['groups']),
    ...(extra.size === 0 ? [] : ['extra']),
  ].join(', ');
}
