import type { Request } from '@shiplog/authorization';
import { bind, cluster, create, createPod, type TestCluster } from '../decide/testing/given';
import { accessOf } from '.';

const NODE = { username: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] };

/** `mine` runs on n1, and `theirs` on n2; each has a Secret, a ConfigMap and a claim of its own. */
function twoNodes(): TestCluster {
  const at = cluster('n1', 'n2');
  for (const [pod, node] of [
    ['mine', 'n1'],
    ['theirs', 'n2'],
  ] as const) {
    at.given(createPod(pod, { volumes: volumesOf(pod) }));
    at.given(bind(at, pod, node));
    at.given(
      create('persistentvolumeclaims', pod, {
        spec: {
          accessModes: ['ReadWriteOnce'],
          resources: { requests: { storage: '1Gi' } },
          volumeName: `volume-${pod}`,
          storageClassName: '',
        },
      }),
    );
  }
  return at;
}

const volumesOf = (pod: string) => [
  { name: 's', secret: { secretName: `secret-${pod}` } },
  { name: 'c', configMap: { name: `map-${pod}` } },
  { name: 'v', persistentVolumeClaim: { claimName: pod } },
];

/** For example `get secrets/x -n default` or `list pods where spec.nodeName=n1`. */
function asked(text: string): Request {
  const [, verb = '', what = '', namespace = '', selected = ''] =
    /^(\S+) (\S+)(?: -n (\S+))?(?: where (\S+))?$/.exec(text) ?? [];
  const [resource = '', name = '', subresource = ''] = what.split('/');
  const [plural = '', ...group] = resource.split('.');
  const fields = selected === '' ? undefined : new Map([selected.split('=') as [string, string]]);
  return { user: NODE, verb, group: group.join('.'), resource: plural, subresource, namespace, name, fields };
}

describe('what a node reads', () => {
  const { state } = twoNodes();

  it.each([
    ['get secrets/secret-mine -n default'],
    ['watch secrets/secret-mine -n default'],
    ['list configmaps/map-mine -n default'],
    // By the volume of its account's token, which every pod has.
    ['get configmaps/kube-root-ca.crt -n default'],
    ['get persistentvolumeclaims/mine -n default'],
    ['get persistentvolumes/volume-mine'],
    ['get pods/mine -n default'],
    ['list pods where spec.nodeName=n1'],
    ['watch pods -n default where spec.nodeName=n1'],
    ['get nodes/n1'],
    ['watch nodes/n1'],
    ['get leases.coordination.k8s.io/n1 -n kube-node-lease'],
    ['get csinodes.storage.k8s.io/n1'],
    ['list services'],
    ['watch runtimeclasses.node.k8s.io'],
    ['create tokenreviews.authentication.k8s.io'],
    ['create subjectaccessreviews.authorization.k8s.io'],
  ])('%s', (text) => {
    expect(accessOf(state, asked(text))).toEqual({ allowed: true, reason: '' });
  });

  const unrelated = "no relationship found between node 'n1' and this object";
  const selector = 'can only list/watch pods with spec.nodeName field selector';
  it.each([
    ['get secrets/secret-theirs -n default', unrelated],
    ['get secrets/secret-mine -n other', unrelated],
    ['get secrets/none -n default', unrelated],
    ['list secrets -n default', 'No Object name found'],
    ['list secrets/secret-mine', 'can only read namespaced object of this type'],
    ['delete secrets/secret-mine -n default', 'can only read resources of this type'],
    ['get secrets/secret-mine/x -n default', 'cannot read subresource'],
    ['list configmaps', 'can only read namespaced object of this type'],
    ['get persistentvolumeclaims/theirs -n default', unrelated],
    ['list persistentvolumeclaims -n default', 'can only get individual resources of this type'],
    ['get persistentvolumes/volume-theirs', unrelated],
    ['get pods/theirs -n default', unrelated],
    ['get pods/none -n default', unrelated],
    ['list pods', selector],
    ['list pods where spec.nodeName=n2', selector],
    ['get pods/mine/log -n default', ''],
    ['create pods/mine/exec -n default', ''],
    ['delete pods/mine -n default', ''],
    ['get nodes/n2', "node 'n1' cannot read 'n2', only its own Node object"],
    ['list nodes', "node 'n1' cannot read '', only its own Node object"],
    ['create nodes', ''],
    ['delete nodes/n2', ''],
    ['update nodes/n1/status', ''],
    ['get leases.coordination.k8s.io/n1 -n default', ''],
    [
      'get leases.coordination.k8s.io/n2 -n kube-node-lease',
      'can only access what has the same name as the requesting node',
    ],
    ['get serviceaccounts/default -n default', ''],
    ['create serviceaccounts/default/token -n default', ''],
    ['list roles.rbac.authorization.k8s.io', ''],
    ['impersonate users/ann', ''],
  ])('but not %s', (text, reason) => {
    expect(accessOf(state, asked(text))).toEqual({ allowed: false, reason });
  });

  it('ends with the pod that names it', () => {
    const at = twoNodes();
    const secret = asked('get secrets/secret-mine -n default');
    expect(accessOf(at.state, secret).allowed).toBe(true);
    at.state.remove('pods', 'default', 'mine');
    expect(accessOf(at.state, secret).allowed).toBe(false);
  });

  it('is nothing for who only has the name or the group of a node', () => {
    const secret = asked('get secrets/secret-mine -n default');
    for (const user of [
      { username: 'system:node:n1', groups: ['system:authenticated'] },
      { username: 'n1', groups: ['system:nodes'] },
      { username: 'system:node:', groups: ['system:nodes'] },
    ]) {
      expect(accessOf(state, { ...secret, user }).allowed).toBe(false);
    }
  });

  it('is more where a role says so', () => {
    const at = twoNodes();
    const group = 'rbac.authorization.k8s.io';
    const role = { rules: [{ verbs: ['get'], apiGroups: [''], resources: ['secrets'] }] };
    at.given(create(`clusterroles.${group}` as 'clusterroles.rbac.authorization.k8s.io', 'r', role));
    at.given(
      create(`clusterrolebindings.${group}` as 'clusterrolebindings.rbac.authorization.k8s.io', 'b', {
        roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'r' },
        subjects: [{ kind: 'Group', name: 'system:nodes', apiGroup: group }],
      }),
    );
    expect(accessOf(at.state, asked('get secrets/secret-theirs -n default'))).toMatchObject({ allowed: true });
  });
});
