import type { AnyCommand, UserInfo } from '@shiplog/contracts';
import {
  bind,
  cluster,
  create,
  createPod,
  patch,
  refTo,
  remove,
  type Asked,
  type TestCluster,
} from '../decide/testing/given';
import { authorise } from '.';

const GROUP = 'rbac.authorization.k8s.io';
const ROLES = `roles.${GROUP}`;
const LEASES = 'leases.coordination.k8s.io';

/** `ann` has a role in `default` with these rules. */
function withRules(...rules: object[]): TestCluster {
  const at = cluster('n1');
  at.given(createPod('x'));
  at.given(inDefault(ROLES, 'r', { rules }));
  return at.given(
    inDefault(`rolebindings.${GROUP}`, 'b', {
      roleRef: { apiGroup: GROUP, kind: 'Role', name: 'r' },
      subjects: [{ kind: 'User', name: 'ann', apiGroup: GROUP }],
    }),
  );
}

function inDefault(resource: string, name: string, fields: Record<string, unknown>): Asked {
  const asked = create(resource as 'roles.rbac.authorization.k8s.io', name, fields);
  return { ...asked, data: { ...asked.data, namespace: 'default' } } as Asked;
}

const rule = (verbs: string, resources: string, group = '') => ({
  verbs: verbs.split(' '),
  apiGroups: [group],
  resources: resources.split(' '),
});

function tried(at: TestCluster, asked: Asked, user: Partial<UserInfo> = {}): string | undefined {
  const command = { id: 'c', actor: 'ann', user: { groups: [], ...user }, ...asked } as AnyCommand;
  return authorise(at.state, { kind: 'api', name: 'one' }, command)?.message;
}

const lease = (type: 'ReplaceObject' | 'PatchObject', more: object): Asked =>
  ({ type, data: { resource: LEASES, namespace: 'default', name: 'l', ...more } }) as Asked;
const leaseObject = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l' } };

describe('a command of a user needs the right to', () => {
  const scale = patch('replicationcontrollers', 'rc', {}, 'scale');
  it.each<[string, Asked, object[], string | undefined]>([
    ['create', createPod('y'), [rule('create', 'pods')], undefined],
    [
      'create elsewhere',
      { ...createPod('y'), data: { ...createPod('y').data, namespace: 'kube-system' } } as Asked,
      [rule('create', 'pods')],
      'cannot create resource "pods" in API group "" in the namespace "kube-system"',
    ],
    ['create, not to update', createPod('y'), [rule('update', 'pods')], 'cannot create resource "pods"'],
    [
      'patch',
      patch('pods', 'x', {}),
      [rule('update', 'pods')],
      'pods "x" is forbidden: User "ann" cannot patch resource "pods"',
    ],
    [
      'patch a subresource',
      scale,
      [rule('patch', 'replicationcontrollers')],
      'cannot patch resource "replicationcontrollers/scale"',
    ],
    ['patch that very subresource', scale, [rule('patch', 'replicationcontrollers/scale')], undefined],
    ['delete', remove('pods', 'x'), [rule('delete', 'pods')], undefined],
    [
      'delete one of another name',
      remove('pods', 'x'),
      [{ ...rule('delete', 'pods'), resourceNames: ['y'] }],
      'cannot delete resource "pods"',
    ],
    [
      'delete many',
      { type: 'DeleteCollection', data: { resource: 'pods', namespace: 'default' } },
      [rule('delete', 'pods')],
      'pods is forbidden: User "ann" cannot deletecollection',
    ],
    [
      'evict',
      { type: 'EvictPod', data: { namespace: 'default', name: 'x' } },
      [rule('create', 'pods')],
      'cannot create resource "pods/eviction"',
    ],
    [
      'update, and to create what is not there',
      lease('ReplaceObject', { object: leaseObject }),
      [rule('update', 'leases', 'coordination.k8s.io')],
      'cannot create resource "leases" in API group "coordination.k8s.io"',
    ],
    [
      'patch, and to create what an applied patch makes',
      lease('PatchObject', { patchType: 'apply', patch: leaseObject }),
      [rule('patch', 'leases', 'coordination.k8s.io')],
      'cannot create resource "leases"',
    ],
    [
      'patch only, where the patch makes nothing',
      lease('PatchObject', { patchType: 'merge', patch: {} }),
      [rule('patch', 'leases', 'coordination.k8s.io')],
      undefined,
    ],
    [
      'a kind that there is not',
      { type: 'DeleteObject', data: { resource: 'robots.example.com', namespace: 'default', name: 'x' } },
      [rule('delete', 'robots')],
      'cannot delete resource "robots" in API group "example.com"',
    ],
    [
      'delete an Event by either of its groups',
      remove('events', 'e'),
      [rule('delete', 'events', 'events.k8s.io')],
      undefined,
    ],
    [
      'patch an Event by the group that it is written in',
      {
        type: 'PatchObject',
        data: { resource: 'events', namespace: 'default', name: 'e', patchType: 'merge', patch: {}, apiVersion: 'v1' },
      },
      [rule('patch', 'events', 'events.k8s.io')],
      'cannot patch resource "events" in API group ""',
    ],
  ])('%s', (_, asked, rules, refused) => {
    const message = tried(withRules(...rules), asked);
    if (refused === undefined) expect(message).toBeUndefined();
    else expect(message).toContain(refused);
  });

  it('bind each pod that it binds, by either of the two paths', () => {
    const at = withRules(rule('create', 'pods/binding'));
    expect(tried(at, bind(at, 'x', 'n1'))).toBeUndefined();
    expect(tried(withRules(rule('create', 'bindings')), bind(at, 'x', 'n1'))).toBeUndefined();
    const two = [refTo(at, 'x'), { ...refTo(at, 'x'), namespace: 'web' }].map((ref) => ({ ...ref, node: 'n1' }));
    expect(tried(at, { type: 'BindPods', data: { bindings: two } })).toContain('in the namespace "web"');
  });

  it('nothing where the user is of system:masters, by an api that says so', () => {
    const asked = remove('pods', 'x');
    expect(tried(withRules(), asked)).toContain('cannot delete');
    expect(tried(withRules(), asked, { groups: ['system:masters'] })).toBeUndefined();
    const byNats = { id: 'c', actor: 'ann', ...asked } as AnyCommand;
    expect(authorise(withRules().state, { kind: 'user', name: 'ann' }, byNats)?.message).toContain('cannot delete');
    const admin = { ...byNats, actor: 'admin' };
    expect(authorise(withRules().state, { kind: 'user', name: 'admin' }, admin)).toBeUndefined();
  });
});

describe('who may write roles', () => {
  const writer = rule('create update patch', 'roles rolebindings', GROUP);
  const roleWith = (...rules: object[]) => ({ ...inDefault(ROLES, 'new', { rules }), actor: 'ann' }) as Asked;
  const bindingTo = (kind: string, name: string) =>
    ({
      ...inDefault(`rolebindings.${GROUP}`, 'new', {
        roleRef: { apiGroup: GROUP, kind, name },
        subjects: [{ kind: 'User', name: 'ann', apiGroup: GROUP }],
      }),
      actor: 'ann',
    }) as Asked;

  it('gives away what they have, and nothing more', () => {
    const at = withRules(writer, rule('get', 'pods'));
    expect(at.when(roleWith(rule('get', 'pods'))).types).toEqual([`${ROLES}.Created`]);
    expect(withRules(writer, rule('get', 'pods')).when(roleWith(rule('get list', 'pods'))).rejection).toMatchObject({
      code: 403,
      message:
        'roles.rbac.authorization.k8s.io "new" is forbidden: user "ann" (groups=["system:authenticated"]) is attempting to ' +
        'grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["pods"], Verbs:["list"]}',
    });
  });

  it('gives away anything by the verb escalate, and binds to anything by the verb bind', () => {
    // The role's own rules have all verbs: also this one.
    expect(withRules(rule('*', 'roles', GROUP)).when(roleWith(rule('*', '*'))).types).toEqual([`${ROLES}.Created`]);
    const binder = withRules(rule('bind', 'clusterroles', GROUP));
    expect(binder.when(bindingTo('ClusterRole', 'not-there')).types).toEqual([`rolebindings.${GROUP}.Created`]);
  });

  it('binds nobody to more than they have, nor to what is not there', () => {
    const at = withRules(rule('create update patch', 'roles rolebindings', GROUP));
    at.given(inDefault(ROLES, 'strong', { rules: [rule('get', 'secrets')] }));
    expect(at.when(bindingTo('Role', 'strong')).rejection?.message).toContain(
      '{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}',
    );
    expect(at.when(bindingTo('Role', 'absent')).rejection).toMatchObject({
      code: 404,
      message: 'role.rbac.authorization.k8s.io "absent" not found',
    });
  });

  it('does not widen a role by an update or a patch, but may change what gives nothing', () => {
    const at = withRules(rule('create update patch', 'roles', GROUP));
    const widened = patch(ROLES as 'pods', 'r', { rules: [rule('*', '*')] });
    expect(at.when({ ...widened, actor: 'ann' }).rejection?.code).toBe(403);
    const labelled = patch(ROLES as 'pods', 'r', { metadata: { labels: { a: 'b' } } });
    expect(at.when({ ...labelled, actor: 'ann' }).rejection).toBeUndefined();
    const narrowed = patch(ROLES as 'pods', 'r', { rules: [] });
    expect(at.when({ ...narrowed, actor: 'ann' }).rejection).toBeUndefined();
  });

  it('does not put a role together of others without having everything', () => {
    const at = cluster();
    at.given(create(`clusterroles.${GROUP}`, 'cr', { rules: [rule('create', 'clusterroles', GROUP)] }));
    const roleRef = { apiGroup: GROUP, kind: 'ClusterRole', name: 'cr' };
    const subjects = [{ kind: 'User', name: 'ann', apiGroup: GROUP }];
    at.given(create(`clusterrolebindings.${GROUP}`, 'b', { roleRef, subjects }));
    const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] };
    const asked = { ...create(`clusterroles.${GROUP}`, 'all', { aggregationRule }), actor: 'ann' } as Asked;
    expect(at.when(asked).rejection?.message).toContain('{APIGroups:["*"], Resources:["*"], Verbs:["*"]}');
  });
});
