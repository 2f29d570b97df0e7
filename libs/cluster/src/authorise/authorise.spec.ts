import type { AnyCommand, Principal } from '@shiplog/contracts';
import { FULL_AUTHORITY } from '@shiplog/authorization';
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

const api: Principal = { kind: 'api', name: 'one' };
const scheduler: Principal = { kind: 'scheduler', name: 'one' };
const controller: Principal = { kind: 'controller', name: 'one' };
const user: Principal = { kind: 'user', name: 'ann' };
const node: Principal = { kind: 'node', name: 'n1' };

/** For whom each of them may speak. */
const ACTORS: Record<string, string> = {
  api: 'ann',
  scheduler: 'system:shiplog:scheduler',
  controller: 'system:shiplog:controller',
  user: 'ann',
  node: 'system:node:n1',
};

/** Why a command is refused; undefined: it is not. */
function rejection(
  at: TestCluster,
  principal: Principal,
  asked: Asked,
  more: Partial<AnyCommand> = {},
): string | undefined {
  const command = { id: 'c1', actor: ACTORS[principal.kind] ?? 'nobody', ...asked, ...more } as AnyCommand;
  const status = authorise(at.state, principal, command);
  if (status !== undefined) expect(status).toMatchObject({ code: 403, reason: 'Forbidden' });
  return status?.message;
}

/** Two nodes, and two users who may do everything; `mine` is on n1, `theirs` on n2, `free` on none, `done` has ended on n1, `going` is to go from n1. */
function populated(): TestCluster {
  const at = cluster('n1', 'n2');
  at.given(create('clusterroles.rbac.authorization.k8s.io', 'all', { rules: FULL_AUTHORITY }));
  at.given(
    create('clusterrolebindings.rbac.authorization.k8s.io', 'all', {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'all' },
      subjects: [
        { kind: 'User', name: 'ann' },
        { kind: 'ServiceAccount', name: 'robot', namespace: 'default' },
      ],
    }),
  );
  for (const name of ['mine', 'theirs', 'free', 'done', 'going']) at.given(createPod(name));
  for (const name of ['mine', 'done', 'going']) at.given(bind(at, name, 'n1'));
  at.given(bind(at, 'theirs', 'n2'));
  const pods = [{ ...refTo(at, 'done'), status: { phase: 'Failed' } }];
  at.given({ type: 'ReportPods', data: { node: 'n1', pods } });
  return at.given(remove('pods', 'going'));
}

const secret = (fields: object = {}): Asked => ({
  type: 'CreateObject',
  data: {
    resource: 'secrets',
    namespace: 'default',
    object: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, ...fields },
  },
});

describe('whoever sends a command', () => {
  const at = populated();
  const binding = bind(at, 'free', 'n1');
  const preemption: Asked = { type: 'PreemptPods', data: { preemptions: [] } };
  const report: Asked = { type: 'ReportPods', data: { node: 'n1', pods: [] } };

  it.each<[string, Principal, Asked, string | undefined]>([
    ['a user creates', user, createPod('new'), undefined],
    ['an api creates', api, createPod('new'), undefined],
    ['a scheduler binds', scheduler, binding, undefined],
    ['a scheduler creates', scheduler, createPod('new'), 'scheduler.one: it may not send CreateObject'],
    ['a scheduler deletes', scheduler, remove('pods', 'mine'), 'scheduler.one: it may not send DeleteObject'],
    ['a scheduler preempts', scheduler, preemption, undefined],
    ['a user preempts', user, preemption, 'user.ann: it may not send PreemptPods'],
    ['a controller preempts', controller, preemption, 'controller.one: it may not send PreemptPods'],
    ['a controller creates', controller, createPod('new'), undefined],
    ['a controller binds', controller, binding, 'controller.one: it may not send BindPods'],
    ['a user reports', user, report, 'user.ann: it may not send ReportPods'],
    ['an api reports', api, report, 'api.one: it may not send ReportPods'],
    ['a node reports', node, report, undefined],
    ['a node binds', node, binding, 'node.n1: it may not send BindPods'],
    [
      'an operator creates',
      { kind: 'operator', name: 'o' },
      createPod('new'),
      'operator.o: it may not send CreateObject',
    ],
    ['a journal creates', { kind: 'journal', name: 'j' }, createPod('new'), 'journal.j: it may not send CreateObject'],
    [
      'a newcomer creates',
      { kind: 'bootstrap', name: 't' },
      createPod('new'),
      'bootstrap.t: it may not send CreateObject',
    ],
    [
      'a stranger',
      { kind: 'constructor' as never, name: 'x' },
      createPod('new'),
      'constructor.x: it may not send CreateObject',
    ],
  ])('%s: may send what is declared for its kind only', (_, principal, asked, reason) => {
    if (reason === undefined) expect(rejection(at, principal, asked)).toBeUndefined();
    else expect(rejection(at, principal, asked)).toContain(reason);
  });

  it.each<[Principal, string, boolean]>([
    [api, 'ann', true],
    [api, 'system:shiplog:api', true],
    [api, 'system:serviceaccount:default:robot', true],
    [api, 'system:node:n1', false],
    [api, 'system:shiplog:controller', false],
    [api, 'system:shiplog:apis', false],
    [scheduler, 'system:shiplog:scheduler', true],
    [scheduler, 'system:shiplog:controller', false],
    [scheduler, 'ann', false],
    [controller, 'system:shiplog:controller', true],
    [controller, 'system:node:n1', false],
    [user, 'ann', true],
    [user, 'bob', false],
    [user, 'system:shiplog:api', false],
    [node, 'system:node:n1', true],
    [node, 'system:node:n2', false],
    [node, 'system:node:n1 ', false],
    [node, 'ann', false],
  ])('%j speaks for %s: %s', (principal, actor, may) => {
    const asked = principal.kind === 'scheduler' ? binding : principal.kind === 'node' ? report : createPod('new');
    const reason = rejection(at, principal, asked, { actor });
    if (may) expect(reason).toBeUndefined();
    else expect(reason).toContain(`it may not speak for ${actor}`);
  });

  it('says nothing of groups, unless it is an api', () => {
    const said = { user: { groups: ['system:masters'] } };
    expect(rejection(populated(), api, createPod('new'), said)).toBeUndefined();
    expect(rejection(populated(), user, createPod('new'), said)).toContain('only an api knows more of a user');
    const ofNode = rejection(populated(), node, report, { actor: 'system:node:n1', ...said });
    expect(ofNode).toContain('only an api knows more of a user');
  });

  it('says nothing of how a controller came to a command, unless it is one', () => {
    const reconciled = { by: 'replication', key: 'default/web', now: 0, plan: 'x' };
    expect(rejection(populated(), controller, remove('pods', 'mine'), { reconciled })).toBeUndefined();
    for (const principal of [api, user, scheduler]) {
      const asked = principal === scheduler ? bind(populated(), 'free', 'n1') : remove('pods', 'mine');
      expect(rejection(populated(), principal, asked, { reconciled })).toContain('only a controller knows how');
    }
  });

  it('is no user that bears the name of an api', () => {
    const own = { actor: 'system:shiplog:api' };
    expect(rejection(populated(), api, createPod('new'), own)).toBeUndefined();
    const user = { groups: ['system:masters'] };
    expect(rejection(populated(), api, createPod('new'), { ...own, user })).toContain('it may not speak for');
  });

  it('says nothing of Events that are made from the log, unless it is an api', () => {
    const made = { apiVersion: 'v1', kind: 'Event', metadata: { name: 'e', namespace: 'default', uid: 'u' } };
    const key = { resource: 'events', namespace: 'default', name: 'e' };
    const asked: Asked = { type: 'DeleteObject', data: { ...key, made } };
    expect(rejection(populated(), api, asked)).toBeUndefined();
    for (const principal of [user, controller]) {
      expect(rejection(populated(), principal, asked)).toMatch(/only an api knows what is made from the log/);
    }
  });

  it('does not take the ids that a controller makes up, which would keep it from acting', () => {
    for (const principal of [api, user]) {
      expect(rejection(at, principal, createPod('new'), { id: 'rc.u.1' })).toContain("is of a controller's form");
    }
    expect(rejection(at, controller, createPod('new'), { id: 'rc.u.1' })).toBeUndefined();
  });
});

describe('a controller', () => {
  const at = populated();
  const secretKey = { resource: 'secrets', namespace: 'default', name: 's' } as const;
  const patchSecret = (change: unknown, patchType: 'json' | 'merge' | 'strategic' = 'merge'): Asked => ({
    type: 'PatchObject',
    data: { ...secretKey, patchType, patch: change },
  });

  it.each<[string, Asked, boolean]>([
    ['creates a Secret', secret({ data: { a: 'eA==' } }), false],
    ['creates a Secret without data', secret(), false],
    [
      'replaces one',
      { type: 'ReplaceObject', data: { ...secretKey, object: { metadata: { name: 's' } } } as never },
      false,
    ],
    ['patches its data', patchSecret({ data: { a: null } }), false],
    ['patches its data beside its metadata', patchSecret({ metadata: {}, stringData: { a: 'x' } }), false],
    ['patches it by a JSON patch', patchSecret([{ op: 'remove', path: '/data/a' }], 'json'), false],
    ['patches it with null', patchSecret(null), false],
    ['patches its metadata', patchSecret({ metadata: { finalizers: null } }), true],
    ['deletes it', remove('secrets', 's'), true],
    ['deletes many', { type: 'DeleteCollection', data: { resource: 'secrets', namespace: 'default' } }, true],
    ['patches a ConfigMap', patch('configmaps', 'c', { data: { a: 'x' } }), true],
  ])('%s: %#', (_, asked, may) => {
    if (may) expect(rejection(at, controller, asked)).toBeUndefined();
    else expect(rejection(at, controller, asked)).toContain('it may not write the data of Secrets');
  });
});

describe('a node', () => {
  const at = populated();
  const lease = (name: string, namespace = 'kube-node-lease'): Asked => ({
    type: 'CreateObject',
    data: {
      resource: 'leases.coordination.k8s.io',
      namespace,
      object: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name } },
    },
  });
  const own = { apiVersion: 'v1', kind: 'Node', name: 'n1', uid: at.state.get('nodes', '', 'n1')?.metadata.uid };
  const mirror = (spec: object, ownerReferences: object[] = [own]): Asked =>
    create('pods', 'shown', {
      metadata: { annotations: { 'kubernetes.io/config.mirror': 'hash' }, ownerReferences },
      spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'app:1' }], ...spec },
    });
  at.given(mirror({}));
  const ownPatch = (change: unknown, subresource?: string) => patch('nodes', 'n1', change, subresource);
  const removal = (name: string, uid?: string) =>
    remove('pods', name, { preconditions: { uid: uid ?? refTo(at, name).uid } });

  it.each<[string, Asked]>([
    ['registers itself', create('nodes', 'n1', { metadata: { labels: { 'kubernetes.io/arch': 'amd64', zone: 'a' } } })],
    ['makes its own lease', lease('n1')],
    ['shows a static pod', mirror({})],
    ['takes a mirror back', removal('shown')],
    ['reports its own pods', { type: 'ReportPods', data: { node: 'n1', pods: [] } }],
    ['says how it is', ownPatch({ status: { conditions: [] } }, 'status')],
    ['gives itself labels', ownPatch({ metadata: { labels: { 'topology.kubernetes.io/zone': 'a', disk: 'ssd' } } })],
    ['gives itself labels of the kubelet', ownPatch({ metadata: { labels: { 'x.kubelet.kubernetes.io/a': 'b' } } })],
    ['says where it is', ownPatch({ metadata: { annotations: { 'flannel.alpha.coreos.com/public-ip': '10.0.0.1' } } })],
    ['removes a pod of it that has ended', removal('done')],
    ['removes a pod of it that is to go', removal('going')],
    ['removes a pod that is gone', removal('gone', 'u')],
    ['removes a pod that was replaced by another', removal('theirs', 'an-earlier-one')],
  ])('%s', (_, asked) => {
    expect(rejection(at, node, asked)).toBeUndefined();
  });

  it.each<[string, Asked, string]>([
    ['another node', create('nodes', 'n2'), 'it may create its own Node and Lease only'],
    ['a pod', createPod('static'), 'it may create mirrors of its static pods only'],
    ['a mirror on another node', mirror({ nodeName: 'n2' }), 'it may create mirrors of its own static pods only'],
    ['a mirror that it does not own', mirror({}, []), 'it alone may own the mirrors of its static pods'],
    ['a mirror with two owners', mirror({}, [own, own]), 'it alone may own the mirrors of its static pods'],
    ["a mirror of another's", mirror({}, [{ ...own, name: 'n2' }]), 'it alone may own the mirrors of its static pods'],
    ['a mirror with an account', mirror({ serviceAccountName: 'a' }), 'that references a service account'],
    [
      'a mirror with a Secret',
      mirror({ volumes: [{ name: 'v', secret: { secretName: 's' } }] }),
      'references secrets/s',
    ],
    [
      'a mirror with a claim',
      mirror({ volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] }),
      'references persistentvolumeclaims/c',
    ],
    ['a mirror that can not be read', mirror({ volumes: 'all' }), 'spec.volumes'],
    ['a Secret', secret(), 'it may create its own Node and Lease only'],
    ["another's lease", lease('n2'), 'it may create its own Node and Lease only'],
    ['a lease elsewhere', lease('n1', 'default'), 'it may create its own Node and Lease only'],
    ['itself with taints', create('nodes', 'n1', { spec: { taints: [] } }), 'it may not set spec.taints of its Node'],
    [
      'itself with a finalizer',
      create('nodes', 'n1', { metadata: { finalizers: ['a/b'] } }),
      'it may not set metadata.finalizers of its Node',
    ],
    [
      'itself as an owned object',
      create('nodes', 'n1', { metadata: { ownerReferences: [] } }),
      'it may not set metadata.ownerReferences of its Node',
    ],
    [
      'itself with a role',
      create('nodes', 'n1', { metadata: { labels: { 'node-role.kubernetes.io/master': '' } } }),
      'it may not give itself the label node-role.kubernetes.io/master',
    ],
    [
      'itself restricted',
      create('nodes', 'n1', { metadata: { labels: { 'node-restriction.kubernetes.io/a': '' } } }),
      'it may not give itself the label node-restriction.kubernetes.io/a',
    ],
    [
      'itself with an annotation',
      create('nodes', 'n1', { metadata: { annotations: { 'a/b': '' } } }),
      'it may not give itself the annotation a/b',
    ],
  ])('does not create %s', (_, asked, reason) => {
    expect(rejection(at, node, asked)).toContain('node.n1: ');
    expect(rejection(at, node, asked)).toContain(reason);
  });

  it.each<[string, Asked, string]>([
    ['another node', patch('nodes', 'n2', { status: {} }, 'status'), 'it may patch its own Node only'],
    ['a pod', patch('pods', 'mine', { status: {} }, 'status'), 'it may patch its own Node only'],
    ['its spec', ownPatch({ spec: { unschedulable: false } }), 'it may not change spec of its Node'],
    ['its spec by its status', ownPatch({ spec: {}, status: {} }, 'status'), 'it may not change spec of its Node'],
    ['its scale', ownPatch({ metadata: {} }, 'scale'), 'it may not change scale of its Node'],
    ['its finalization', ownPatch({ spec: {} }, 'finalize'), 'it may not change spec of its Node'],
    ['its metadata by its status', ownPatch({ metadata: {} }, 'status'), 'it may not change metadata of its Node'],
    ['no metadata', ownPatch({ metadata: null }), 'it may not remove the metadata of its Node'],
    ['its finalizers', ownPatch({ metadata: { finalizers: null } }), 'it may not set metadata.finalizers of its Node'],
    [
      'a role away',
      ownPatch({ metadata: { labels: { 'node-role.kubernetes.io/worker': null } } }),
      'it may not give itself the label node-role.kubernetes.io/worker',
    ],
    [
      'by JSON patches',
      {
        type: 'PatchObject',
        data: {
          resource: 'nodes',
          namespace: '',
          name: 'n1',
          patchType: 'json',
          patch: [{ op: 'add', path: '/spec/unschedulable', value: false }],
        },
      },
      'it may patch its Node by merge patches only',
    ],
  ])('does not patch %s', (_, asked, reason) => {
    expect(rejection(at, node, asked)).toContain(`node.n1: ${reason}`);
  });

  it.each<[string, Asked, string]>([
    ['itself', remove('nodes', 'n1'), 'it may delete pods only'],
    ['a pod that it does not name by uid', remove('pods', 'done'), 'it must say which pod it deletes'],
    ["another's pod", removal('theirs'), 'it may delete its own pods only'],
    ['a pod of no node', removal('free'), 'it may delete its own pods only'],
    ['a pod of it that runs', removal('mine'), 'it may delete a pod only after its end'],
  ])('does not delete %s', (_, asked, reason) => {
    expect(rejection(at, node, asked)).toContain(`node.n1: ${reason}`);
  });

  it('does not report for another', () => {
    const asked: Asked = { type: 'ReportPods', data: { node: 'n2', pods: [] } };
    expect(rejection(at, node, asked)).toContain('it may report for itself only, not for n2');
  });
});
