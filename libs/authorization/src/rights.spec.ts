import type { PolicyRule, StoredObject, UserInfo } from '@shiplog/contracts';
import { CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, denialOf, ROLE_BINDINGS, Rights, ROLES_RESOURCE, type Request } from '.';

const GROUP = 'rbac.authorization.k8s.io';
const ann: UserInfo = { username: 'ann', groups: ['devs', 'system:authenticated'] };
const robot: UserInfo = {
  username: 'system:serviceaccount:ci:robot',
  groups: ['system:serviceaccounts', 'system:serviceaccounts:ci', 'system:authenticated'],
};

function named(name: string, namespace: string | undefined, fields: object): StoredObject {
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }), uid: name, resourceVersion: '1' };
  return { metadata, ...fields } as unknown as StoredObject;
}

const role = (name: string, namespace: string | undefined, ...rules: PolicyRule[]) => named(name, namespace, { rules });

function binding(
  name: string,
  namespace: string | undefined,
  [kind, to]: readonly [kind: 'Role' | 'ClusterRole', name: string],
  ...subjects: object[]
): StoredObject {
  return named(name, namespace, { roleRef: { apiGroup: GROUP, kind, name: to }, subjects });
}

const user = (name: string) => ({ apiGroup: GROUP, kind: 'User', name });
const group = (name: string) => ({ apiGroup: GROUP, kind: 'Group', name });
const account = (name: string, namespace?: string) => ({ kind: 'ServiceAccount', name, namespace });

function rights(objects: Partial<Record<string, StoredObject[]>>): Rights {
  return new Rights((resource) => objects[resource] ?? []);
}

const get = (resource: string, more: Partial<Extract<Request, { group: string }>> = {}): Request => ({
  user: ann,
  verb: 'get',
  group: '',
  resource,
  namespace: 'web',
  name: 'x',
  ...more,
});

describe('a rule', () => {
  const allows = (rule: PolicyRule, request: Request): boolean =>
    rights({
      [CLUSTER_ROLES]: [role('r', undefined, rule)],
      [CLUSTER_ROLE_BINDINGS]: [binding('b', undefined, ['ClusterRole', 'r'], user('ann'))],
    }).access(request).allowed;
  const pods = (fields: object = {}): PolicyRule => ({
    verbs: ['get'],
    apiGroups: [''],
    resources: ['pods'],
    ...fields,
  });

  it.each<[PolicyRule, Request, boolean]>([
    [pods(), get('pods'), true],
    [pods(), get('pods', { verb: 'list' }), false],
    [pods({ verbs: ['*'] }), get('pods', { verb: 'list' }), true],
    [pods(), get('pods', { group: 'apps' }), false],
    [pods({ apiGroups: ['*'] }), get('pods', { group: 'apps' }), true],
    [pods(), get('pods', { subresource: 'log' }), false],
    [pods({ resources: ['pods/log'] }), get('pods', { subresource: 'log' }), true],
    [pods({ resources: ['pods/log'] }), get('pods'), false],
    [pods({ resources: ['*/log'] }), get('pods', { subresource: 'log' }), true],
    [pods({ resources: ['*/log'] }), get('pods', { subresource: 'exec' }), false],
    [pods({ resources: ['pods/*'] }), get('pods', { subresource: 'exec' }), false],
    [pods({ resources: ['*'] }), get('pods', { subresource: 'exec' }), true],
    [pods({ resourceNames: ['x'] }), get('pods'), true],
    [pods({ resourceNames: ['y'] }), get('pods'), false],
    [pods({ resourceNames: ['x'] }), get('pods', { name: '' }), false],
    [pods({ resources: ['constructor'] }), get('pods'), false],
    [{ verbs: ['get'], nonResourceURLs: ['/healthz'] }, { user: ann, verb: 'get', path: '/healthz' }, true],
    [{ verbs: ['get'], nonResourceURLs: ['/healthz/*'] }, { user: ann, verb: 'get', path: '/healthz/etcd' }, true],
    [{ verbs: ['get'], nonResourceURLs: ['/healthz/*'] }, { user: ann, verb: 'get', path: '/healthz' }, false],
    [{ verbs: ['get'], nonResourceURLs: ['/h*z'] }, { user: ann, verb: 'get', path: '/healthz' }, false],
    [{ verbs: ['get'], nonResourceURLs: ['*'] }, { user: ann, verb: 'post', path: '/healthz' }, false],
    [{ verbs: ['*'], nonResourceURLs: ['*'] }, get('pods'), false],
    [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, { user: ann, verb: 'get', path: '/healthz' }, false],
  ])('%j of %j: %s', (rule, request, allowed) => {
    expect(allows(rule, request)).toBe(allowed);
  });
});

describe('a binding', () => {
  const reader = role('reader', undefined, { verbs: ['get'], apiGroups: [''], resources: ['pods'] });
  const bound = (objects: Partial<Record<string, StoredObject[]>>): Rights =>
    rights({ [CLUSTER_ROLES]: [reader], ...objects });

  it.each<[string, object, UserInfo, boolean]>([
    ['a user', user('ann'), ann, true],
    ['another user', user('bob'), ann, false],
    ['a group', group('devs'), ann, true],
    ["a user by a group's name", user('devs'), ann, false],
    ["a group by a user's name", group('ann'), ann, false],
    ['a service account', account('robot', 'ci'), robot, true],
    ['one of its own namespace', account('robot'), robot, false],
    ['one of another namespace', account('robot', 'web'), robot, false],
    ['all service accounts', group('system:serviceaccounts'), robot, true],
    ['a subject of no kind', { kind: 'Robot', name: 'robot' }, robot, false],
  ])('binds %s: %#', (_, subject, asks, allowed) => {
    const at = bound({ [ROLE_BINDINGS]: [binding('b', 'web', ['ClusterRole', 'reader'], subject)] });
    expect(at.access(get('pods', { user: asks })).allowed).toBe(allowed);
  });

  it('of a namespace holds there only, also where it gives a role of the cluster', () => {
    const at = bound({ [ROLE_BINDINGS]: [binding('b', 'web', ['ClusterRole', 'reader'], user('ann'))] });
    expect(at.access(get('pods')).allowed).toBe(true);
    expect(at.access(get('pods', { namespace: 'other' })).allowed).toBe(false);
    expect(at.access(get('pods', { namespace: '' })).allowed).toBe(false);
  });

  it('gives the Role of its own namespace', () => {
    const at = rights({
      [ROLES_RESOURCE]: [role('reader', 'other', { verbs: ['*'], apiGroups: ['*'], resources: ['*'] })],
      [ROLE_BINDINGS]: [binding('b', 'web', ['Role', 'reader'], user('ann'))],
    });
    const { allowed, reason } = at.access(get('pods'));
    expect([allowed, reason]).toEqual([false, 'RBAC: role.rbac.authorization.k8s.io "reader" not found']);
  });

  it('says by what something is allowed, and what went wrong when not', () => {
    const cluster = {
      [CLUSTER_ROLE_BINDINGS]: [binding('everywhere', undefined, ['ClusterRole', 'reader'], group('devs'))],
    };
    expect(bound(cluster).access(get('pods')).reason).toBe(
      'RBAC: allowed by ClusterRoleBinding "everywhere" of ClusterRole "reader" to Group "devs"',
    );
    const missing = [1, 2].map((n) => binding(`b${n}`, 'web', ['Role', `r${n}`], user('ann')));
    expect(bound({ [ROLE_BINDINGS]: missing }).access(get('pods')).reason).toBe(
      'RBAC: [role.rbac.authorization.k8s.io "r1" not found, role.rbac.authorization.k8s.io "r2" not found]',
    );
  });

  it('counts from the moment that it is there until it goes, as does its role', () => {
    const at = rights({});
    const access = (): boolean => at.access(get('pods')).allowed;
    const mine = binding('b', 'web', ['ClusterRole', 'reader'], user('ann'), user('ann'));
    at.replace(ROLE_BINDINGS, undefined, mine);
    expect(access()).toBe(false);
    at.replace(CLUSTER_ROLES, undefined, reader);
    expect(access()).toBe(true);
    at.replace(CLUSTER_ROLES, reader, role('reader', undefined));
    expect(access()).toBe(false);
    at.replace(CLUSTER_ROLES, role('reader', undefined), reader);
    const theirs = binding('b', 'web', ['ClusterRole', 'reader'], user('bob'));
    at.replace(ROLE_BINDINGS, mine, theirs);
    expect(access()).toBe(false);
    at.replace(ROLE_BINDINGS, theirs, mine);
    expect(access()).toBe(true);
    at.replace(ROLE_BINDINGS, mine, undefined);
    expect(access()).toBe(false);
  });

  it('is not needed by those of system:masters, whom nothing can lock out', () => {
    const root = { username: 'root', groups: ['system:masters'] };
    expect(rights({}).access(get('secrets', { user: root, verb: 'delete' })).allowed).toBe(true);
    expect(rights({}).rulesOf(root, '').rules).toHaveLength(2);
  });
});

describe('what is denied', () => {
  it.each<[Request, string, string]>([
    [
      get('pods', { verb: 'list', name: '' }),
      '',
      'pods is forbidden: User "ann" cannot list resource "pods" in API group "" in the namespace "web"',
    ],
    [
      get('pods', { subresource: 'exec' }),
      '',
      'pods "x" is forbidden: User "ann" cannot get resource "pods/exec" in API group "" in the namespace "web"',
    ],
    [
      get('deployments', { group: 'apps', namespace: '' }),
      '',
      'deployments.apps "x" is forbidden: User "ann" cannot get resource "deployments" in API group "apps" at the cluster scope',
    ],
    [{ user: ann, verb: 'get', path: '/metrics' }, '', 'forbidden: User "ann" cannot get path "/metrics"'],
    [
      { user: { username: 'a"b' }, verb: 'get', path: '/x' },
      'because',
      'forbidden: User "a\\"b" cannot get path "/x": because',
    ],
  ])("%j: is said in Kubernetes' words", (request, reason, message) => {
    expect(denialOf(request, reason)).toMatchObject({ code: 403, reason: 'Forbidden', message });
  });
});
