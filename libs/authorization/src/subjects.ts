import { AUTHENTICATED, MASTERS, type Subject, type UserInfo } from '@shiplog/contracts';

const ACCOUNT = 'system:serviceaccount:';

/** As whom the pods of a service account ask. */
export function accountUser(namespace: string, name: string): string {
  return `${ACCOUNT}${namespace}:${name}`;
}

/** The group of all service accounts; those of a namespace have one of their own (see `accountGroups`). */
export const ACCOUNTS = 'system:serviceaccounts';

/** The groups that every service account of a namespace is in. */
export function accountGroups(namespace: string): string[] {
  return [ACCOUNTS, `${ACCOUNTS}:${namespace}`, AUTHENTICATED];
}

/** The service account that a user name is of. */
export function accountOfUser(username: string): { readonly namespace: string; readonly name: string } | undefined {
  if (!username.startsWith(ACCOUNT)) return undefined;
  const [namespace = '', name = '', ...more] = username.slice(ACCOUNT.length).split(':');
  return namespace === '' || name === '' || more.length > 0 ? undefined : { namespace, name };
}

export function isMaster({ groups = [] }: UserInfo): boolean {
  return groups.includes(MASTERS);
}

/** Bindings are kept by these: `User ann`, `Group system:masters`. */
export function subjectKeys({ username = '', groups = [] }: UserInfo): string[] {
  return [userKey(username), ...groups.map((group) => `Group ${group}`)];
}

/**
 * Whom a subject of a binding means; undefined for a kind that nobody is of.
 * @param namespace of the binding: where a service account is that names none
 */
export function keyOfSubject({ kind, name, namespace: own = '' }: Subject, namespace: string): string | undefined {
  switch (kind) {
    case 'User':
      return userKey(name);
    case 'Group':
      return `Group ${name}`;
    case 'ServiceAccount': {
      const home = own === '' ? namespace : own;
      return home === '' ? undefined : userKey(accountUser(home, name));
    }
    default:
      return undefined;
  }
}

function userKey(name: string): string {
  return `User ${name}`;
}
