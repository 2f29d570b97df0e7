import { builtIn, type BuiltIn, type KubeObject } from '@shiplog/contracts';
import { admitCreate } from '../create';
import { admission, causesOf, created, valueOf } from '../testing/builders';
import { admitUpdate } from '../update';

const GROUP = 'rbac.authorization.k8s.io';
const of = (kind: string, fields: Record<string, unknown>, name = 'system:x'): KubeObject => ({
  apiVersion: `${GROUP}/v1`,
  kind,
  metadata: { name, ...(kind.startsWith('Cluster') ? {} : { namespace: 'default' }) },
  ...fields,
});
const RESOURCES: Record<string, BuiltIn> = {
  Role: 'roles.rbac.authorization.k8s.io',
  ClusterRole: 'clusterroles.rbac.authorization.k8s.io',
  RoleBinding: 'rolebindings.rbac.authorization.k8s.io',
  ClusterRoleBinding: 'clusterrolebindings.rbac.authorization.k8s.io',
};
const causes = (object: KubeObject) => causesOf(admitCreate(builtIn(RESOURCES[object.kind]!), object, admission()));

const rule = { verbs: ['get'], apiGroups: [''], resources: ['pods'] };
const role = { kind: 'ClusterRole', name: 'view' };

describe('roles', () => {
  it.each([
    ['Role', 'a role of one namespace', { rules: [rule, { ...rule, resourceNames: ['a'] }] }],
    [
      'ClusterRole',
      'a role of everything',
      {
        aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] },
        rules: [
          { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
          { verbs: ['get'], nonResourceURLs: ['/healthz'] },
        ],
      },
    ],
  ])('%s: take %s as it is', (kind, _of, fields) => {
    expect(created(RESOURCES[kind]!, of(kind, fields))).toMatchObject(fields);
  });

  it.each([
    ['Role', { verbs: [] }, 'rules[0].verbs: Required value: verbs must contain at least one value'],
    [
      'Role',
      { apiGroups: [] },
      'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
    ],
    ['Role', { resources: [] }, 'rules[0].resources: Required value: resource rules must supply at least one resource'],
    [
      'ClusterRole',
      { resources: ['a', 'b'], resourceNames: ['c'] },
      'rules[0].resourceNames: Required value: resource names cannot apply to multiple resources',
    ],
    [
      'Role',
      { nonResourceURLs: ['/x'], apiGroups: undefined, resources: undefined },
      'rules[0].nonResourceURLs: Invalid value: []string{"/x"}: namespaced rules cannot apply to non-resource URLs',
    ],
    [
      'ClusterRole',
      { nonResourceURLs: ['/x'] },
      'rules[0].nonResourceURLs: Invalid value: []string{"/x"}: rules cannot apply to both regular resources and non-resource URLs',
    ],
  ])('%s: refuse the rule %j', (kind, changes, text) => {
    expect(causes(of(kind, { rules: [{ ...rule, ...changes }] }))).toEqual([text]);
  });

  it('aggregate by selectors that can be read, one at least', () => {
    expect(causes(of('ClusterRole', { aggregationRule: {} }))).toEqual([
      'aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil',
    ]);
    const selector = { matchExpressions: [{ key: 'a', operator: 'Is', values: [] }] };
    expect(causes(of('ClusterRole', { aggregationRule: { clusterRoleSelectors: [selector] } }))).toEqual([
      'aggregationRule.clusterRoleSelectors[0].matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator',
    ]);
  });

  it('have names that are a segment of a path, and no more', () => {
    expect(created(RESOURCES.Role!, of('Role', {}, 'A:b c')).metadata.name).toBe('A:b c');
    expect(causes(of('Role', {}, 'a/b'))).toEqual(['metadata.name: Invalid value: "a/b": may not contain \'/\'']);
  });
});

describe('bindings', () => {
  it('fill in the group of the role and of people', () => {
    const binding = created(
      'rolebindings.rbac.authorization.k8s.io',
      of('RoleBinding', {
        roleRef: role,
        subjects: [
          { kind: 'User', name: 'jane' },
          { kind: 'Group', name: 'ops' },
          { kind: 'ServiceAccount', name: 'a' },
        ],
      }),
    );
    expect(binding.roleRef).toEqual({ ...role, apiGroup: GROUP });
    expect(binding.subjects?.map(({ apiGroup }) => apiGroup)).toEqual([GROUP, GROUP, undefined]);
  });

  it.each([
    [
      'RoleBinding',
      { roleRef: { ...role, apiGroup: 'x' } },
      `roleRef.apiGroup: Unsupported value: "x": supported values: "${GROUP}"`,
    ],
    [
      'RoleBinding',
      { roleRef: { ...role, kind: 'X' } },
      'roleRef.kind: Unsupported value: "X": supported values: "ClusterRole", "Role"',
    ],
    [
      'ClusterRoleBinding',
      { roleRef: { ...role, kind: 'Role' } },
      'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
    ],
    ['RoleBinding', { roleRef: { ...role, name: '' } }, 'roleRef.name: Required value'],
    ['RoleBinding', { roleRef: { ...role, name: 'a%' } }, 'roleRef.name: Invalid value: "a%": may not contain \'%\''],
    [
      'RoleBinding',
      { subjects: [{ kind: 'Robot', name: 'x' }] },
      'subjects[0].kind: Unsupported value: "Robot": supported values: "Group", "ServiceAccount", "User"',
    ],
    [
      'RoleBinding',
      { subjects: [{ kind: 'User', name: 'x', apiGroup: 'x' }] },
      `subjects[0].apiGroup: Unsupported value: "x": supported values: "${GROUP}"`,
    ],
    [
      'RoleBinding',
      { subjects: [{ kind: 'ServiceAccount', name: 'x', apiGroup: 'x' }] },
      'subjects[0].apiGroup: Unsupported value: "x": supported values: ""',
    ],
    [
      'ClusterRoleBinding',
      { subjects: [{ kind: 'ServiceAccount', name: 'x' }] },
      'subjects[0].namespace: Required value',
    ],
  ])('%s: refuse %j', (kind, changes, text) => {
    expect(causes(of(kind, { roleRef: role, ...changes }))).toEqual([text]);
  });

  it('want a name of everybody', () => {
    expect(causes(of('RoleBinding', { roleRef: role, subjects: [{ kind: 'User', name: '' }] }))).toEqual([
      'subjects[0].name: Required value',
      'subjects[0].name: Invalid value: "": user name cannot be empty',
    ]);
  });

  it('stay with their role, while their subjects change', () => {
    const resource = 'clusterrolebindings.rbac.authorization.k8s.io';
    const before = created(resource, of('ClusterRoleBinding', { roleRef: role }));
    const change = (fields: object) =>
      admitUpdate(builtIn(resource), undefined, before, { ...before, ...fields }, admission());
    expect(valueOf(change({ subjects: [{ kind: 'User', name: 'x' }] }))).toHaveProperty('subjects');
    expect(causesOf(change({ roleRef: { ...role, name: 'edit' } }))).toEqual([
      `roleRef: Invalid value: rbac.RoleRef{APIGroup:"${GROUP}", Kind:"ClusterRole", Name:"edit"}: cannot change roleRef`,
    ]);
  });
});
