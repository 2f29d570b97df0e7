import type { ObjectOf } from '@shiplog/contracts';
import { CLUSTER_ROLES, DEFAULT_CLUSTER_ROLE_BINDINGS, DEFAULT_CLUSTER_ROLES, Rights, withAggregatedRules } from '.';

type ClusterRole = ObjectOf<typeof CLUSTER_ROLES>;

/** The default roles as objects. */
function defaults(): readonly ClusterRole[] {
  const roles = DEFAULT_CLUSTER_ROLES.map(({ name, labels, rules, aggregates }) => ({
    metadata: { name, labels },
    rules: [...rules],
    ...(aggregates === undefined
      ? {}
      : { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [aggregates]: 'true' } }] } }),
  })) as unknown as ClusterRole[];
  return withAggregatedRules(roles);
}

describe('the roles of every cluster', () => {
  const roles = defaults();
  const bindings = [
    ...DEFAULT_CLUSTER_ROLE_BINDINGS,
    ...['view', 'edit', 'admin'].map((role) => ({
      role,
      subjects: [{ kind: 'User', name: role }],
    })),
  ].map(({ role, subjects }) => ({
    metadata: { name: role },
    roleRef: { apiGroup: '', kind: 'ClusterRole', name: role },
    subjects,
  }));
  const rights = new Rights(
    (resource) =>
      (resource === CLUSTER_ROLES ? roles : resource.startsWith('clusterrolebindings') ? bindings : []) as never,
  );
  const may = (username: string, verb: string, resource: string, group = '', groups: string[] = []): boolean => {
    const [plural = '', subresource = ''] = resource.split('/');
    return rights.access({
      user: { username, groups },
      verb,
      group,
      resource: plural,
      subresource,
      namespace: 'web',
      name: 'x',
    }).allowed;
  };

  it('have names of their own, and are bound by names that there are', () => {
    const names = roles.map(({ metadata }) => metadata.name);
    expect(new Set(names).size).toBe(names.length);
    for (const { role } of DEFAULT_CLUSTER_ROLE_BINDINGS) expect(names).toContain(role);
  });

  it.each<[string, string, string, string, boolean]>([
    ['view', 'get', 'pods', '', true],
    ['view', 'list', 'deployments', 'apps', true],
    ['view', 'get', 'secrets', '', false],
    ['view', 'get', 'pods/exec', '', false],
    ['view', 'get', 'roles', 'rbac.authorization.k8s.io', false],
    ['edit', 'get', 'pods', '', true],
    ['edit', 'create', 'pods/exec', '', true],
    ['edit', 'update', 'secrets', '', true],
    ['edit', 'create', 'rolebindings', 'rbac.authorization.k8s.io', false],
    ['edit', 'create', 'resourcequotas', '', false],
    ['admin', 'create', 'rolebindings', 'rbac.authorization.k8s.io', true],
    ['admin', 'delete', 'deployments', 'apps', true],
    ['admin', 'escalate', 'roles', 'rbac.authorization.k8s.io', false],
    ['admin', 'update', 'namespaces', '', false],
  ])('%s may %s %s of %j: %s', (username, verb, resource, group, allowed) => {
    expect(may(username, verb, resource, group)).toBe(allowed);
  });

  it('let everybody who is known ask about themselves, and nobody else', () => {
    const reviews = 'selfsubjectaccessreviews';
    expect(may('x', 'create', reviews, 'authorization.k8s.io', ['system:authenticated'])).toBe(true);
    expect(may('x', 'create', reviews, 'authorization.k8s.io', ['system:unauthenticated'])).toBe(false);
    expect(may('x', 'create', 'subjectaccessreviews', 'authorization.k8s.io', ['system:authenticated'])).toBe(false);
    const path = (of: string, group: string): boolean =>
      rights.access({ user: { username: 'x', groups: [group] }, verb: 'get', path: of }).allowed;
    expect(['/version', '/livez', '/apis'].map((of) => path(of, 'system:unauthenticated'))).toEqual([
      true,
      true,
      false,
    ]);
    expect(['/version', '/apis/apps', '/metrics'].map((of) => path(of, 'system:authenticated'))).toEqual([
      true,
      true,
      false,
    ]);
  });
});
