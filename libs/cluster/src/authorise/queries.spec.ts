import type { Principal } from '@shiplog/contracts';
import fc from 'fast-check';
import { bind, cluster, create, createPod, refTo, type TestCluster } from '../decide/testing/given';
import { authoriseQuery, type Asked } from '.';

const node: Principal = { kind: 'node', name: 'n1' };

/** Every way in which a pod names a Secret or ConfigMap. */
const SPECS: Record<string, Record<string, unknown>> = {
  volume: { volumes: [{ name: 'v', secret: { secretName: 'wanted' } }] },
  projected: { volumes: [{ name: 'v', projected: { sources: [{ secret: { name: 'wanted' } }] } }] },
  pull: { imagePullSecrets: [{ name: 'wanted' }] },
  from: { containers: [{ name: 'web', image: 'web:1', envFrom: [{ secretRef: { name: 'wanted' } }] }] },
  key: {
    containers: [
      {
        name: 'web',
        image: 'web:1',
        env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'wanted', key: 'a' } } }],
      },
    ],
  },
};

function withPods(specs: Record<string, Record<string, unknown>>, on = 'n1'): TestCluster {
  const at = cluster('n1', 'n2');
  for (const [name, spec] of Object.entries(specs)) at.given(createPod(name, spec)).given(bind(at, name, on));
  return at;
}
const rejection = (at: TestCluster, principal: Principal, asked: Asked): string | undefined =>
  authoriseQuery(at.state, principal, asked)?.message;
const secretFor = (
  at: TestCluster,
  pod: string,
  name = 'wanted',
  resource: 'secrets' | 'configmaps' = 'secrets',
): Asked => ({
  name: 'object',
  payload: { key: { resource, namespace: 'default', name }, for: refTo(at, pod) },
});

describe('a node that asks for an object', () => {
  it.each(Object.keys(SPECS))('gets a Secret that a pod of it names by its %s', (pod) => {
    const at = withPods(SPECS);
    expect(rejection(at, node, secretFor(at, pod))).toBeUndefined();
  });

  const at = withPods(SPECS);
  const other = withPods(SPECS, 'n2');
  const key = { resource: 'secrets', namespace: 'default', name: 'wanted' } as const;
  it.each<[string, TestCluster, Asked, string]>([
    ['for no pod', at, { name: 'object', payload: { key } }, 'it must say which of its pods names the object'],
    [
      'of the past',
      at,
      { name: 'object', payload: { key, at: 1, for: refTo(at, 'key') } },
      'it may not ask for the past',
    ],
    ['that its pod does not name', at, secretFor(at, 'key', 'other'), 'no pod of it names secrets default/other'],
    ['of another kind of that name', at, secretFor(at, 'key', 'wanted', 'configmaps'), 'no pod of it names configmaps'],
    ['for a pod that is not there', at, secretFor(at, 'gone'), 'no pod of it names secrets default/wanted'],
    ["for another node's pod", other, secretFor(other, 'key'), 'no pod of it names secrets default/wanted'],
    [
      'for a pod by another uid',
      at,
      { name: 'object', payload: { key, for: { ...refTo(at, 'key'), uid: 'other' } } },
      'no pod of it names',
    ],
    [
      'of another namespace than its pod',
      at,
      { name: 'object', payload: { key: { ...key, namespace: 'kube-system' }, for: refTo(at, 'key') } },
      'no pod of it names secrets kube-system/wanted',
    ],
    [
      'that is a pod',
      at,
      { name: 'object', payload: { key: { ...key, resource: 'pods' }, for: refTo(at, 'key') } },
      'it may not ask for pods',
    ],
  ])('gets none %s', (_, cluster, asked, reason) => {
    expect(authoriseQuery(cluster.state, node, asked)).toMatchObject({ code: 403, reason: 'Forbidden' });
    expect(rejection(cluster, node, asked)).toContain(`node.n1: ${reason}`);
  });
});

describe('a node that asks for the volume of a pod', () => {
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
  const volumes = [
    { name: 'v', persistentVolumeClaim: { claimName: 'data' } },
    { name: 'own', ephemeral: { volumeClaimTemplate: { spec } } },
  ];
  const at = withPods({ db: { volumes } });
  const claim = (name: string, volumeName: string) =>
    at.given(create('persistentvolumeclaims', name, { spec: { ...spec, volumeName } }));
  claim('data', 'disk');
  claim('foreign', 'secret-disk');
  const asked = (resource: string, name: string, namespace = ''): Asked => ({
    name: 'object',
    payload: { key: { resource: resource as never, namespace, name }, for: refTo(at, 'db') },
  });

  it.each<[string, string, string]>([
    ['persistentvolumeclaims', 'data', 'default'],
    ['persistentvolumeclaims', 'db-own', 'default'],
    ['persistentvolumes', 'disk', ''],
  ])('gets its %s %s', (resource, name, namespace) => {
    expect(rejection(at, node, asked(resource, name, namespace))).toBeUndefined();
  });

  it.each<[string, string, string]>([
    ['persistentvolumeclaims', 'foreign', 'default'],
    ['persistentvolumeclaims', 'data', 'kube-system'],
    ['persistentvolumes', 'secret-disk', ''],
    ['persistentvolumes', 'disk', 'default'],
  ])('gets no %s %s %s', (resource, name, namespace) => {
    expect(rejection(at, node, asked(resource, name, namespace))).toContain(`no pod of it names ${resource}`);
  });
});

describe('whoever asks the journal', () => {
  const at = cluster('n1', 'n2').given(create('configmaps', 'c'));
  const channels = (...all: { resource: string; node?: string; excerpt?: string }[]) => all as never[];
  const state = (...all: Parameters<typeof channels>): Asked => ({
    name: 'state',
    payload: { channels: channels(...all) },
  });
  const [scheduler, controller, api, operator] = (['scheduler', 'controller', 'api', 'operator'] as const).map(
    (kind): Principal => ({ kind, name: 'x' }),
  ) as [Principal, Principal, Principal, Principal];
  const admin: Principal = { kind: 'user', name: 'admin' };

  it.each<[string, Principal, Asked, string | undefined]>([
    ['a node asks for its pods', node, state({ resource: 'pods', node: 'n1' }, { resource: 'services' }), undefined],
    ['a node asks for its Node', node, state({ resource: 'nodes', node: 'n1' }), undefined],
    ['a node asks for the routes', node, state({ resource: 'nodes', excerpt: 'routes' }), undefined],
    ['a node asks for what policies look at', node, state({ resource: 'pods', excerpt: 'peers' }), undefined],
    ['a node asks for the labels of namespaces', node, state({ resource: 'namespaces', excerpt: 'labels' }), undefined],
    ['a node asks for network policies', node, state({ resource: 'networkpolicies.networking.k8s.io' }), undefined],
    ['a node asks for all namespaces', node, state({ resource: 'namespaces' }), 'it may not read namespaces'],
    ['a node asks for all nodes', node, state({ resource: 'nodes' }), 'it may not read nodes'],
    ['a node asks for another Node', node, state({ resource: 'nodes', node: 'n2' }), 'it may not read nodes@n2'],
    [
      'a node asks for an excerpt of what it may not read',
      node,
      state({ resource: 'secrets', excerpt: 'routes' }),
      'it may not read secrets/routes',
    ],
    [
      'a node asks for another one’s pods under the name of an excerpt',
      node,
      state({ resource: 'pods', node: 'n2', excerpt: 'routes' }),
      'it may not read pods/routes',
    ],
    ["a node asks for another's pods", node, state({ resource: 'pods', node: 'n2' }), 'it may not read pods@n2'],
    ['a node asks for all pods', node, state({ resource: 'pods' }), 'it may not read pods'],
    [
      'a node asks for Secrets',
      node,
      state({ resource: 'services' }, { resource: 'secrets' }),
      'it may not read secrets',
    ],
    ['a node asks for its Secrets', node, state({ resource: 'secrets', node: 'n1' }), 'it may not read secrets@n1'],
    [
      'a node asks for the past',
      node,
      { name: 'state', payload: { channels: channels({ resource: 'services' }), at: 3 } },
      'it may not ask for the past',
    ],
    [
      'a node asks for events of Secrets',
      node,
      { name: 'events', payload: { channels: channels({ resource: 'secrets' }), after: 0 } },
      'it may not read secrets',
    ],
    [
      "a node asks where another's channel is",
      node,
      { name: 'position', payload: { channels: channels({ resource: 'pods', node: 'n2' }), hashes: true } },
      'it may not read pods@n2',
    ],
    ['a node asks for the position', node, { name: 'position', payload: {} }, undefined],
    ['a node asks for history', node, { name: 'history', payload: {} }, 'it may not ask for history'],
    ['a node asks for a command', node, { name: 'command', payload: { id: 'c' } }, 'it may not ask for command'],
    ['a scheduler asks for its channels', scheduler, state({ resource: 'pods' }, { resource: 'nodes' }), undefined],
    ["a scheduler asks for a node's pods", scheduler, state({ resource: 'pods', node: 'n2' }), undefined],
    ['a scheduler asks for Secrets', scheduler, state({ resource: 'secrets' }), 'it may not read secrets'],
    [
      'a scheduler asks for an object',
      scheduler,
      { name: 'object', payload: { key: { resource: 'secrets', namespace: '', name: 'a' } } },
      'it may not ask for object',
    ],
    ['a controller asks for everything', controller, state({ resource: 'secrets' }), undefined],
    ['a controller asks for history', controller, { name: 'history', payload: {} }, 'it may not ask for history'],
    ['an api asks for history', api, { name: 'history', payload: {} }, undefined],
    [
      'the administrator asks for the past',
      admin,
      { name: 'state', payload: { channels: channels({ resource: 'secrets' }), at: 1 } },
      undefined,
    ],
    ['an operator asks for the position', operator, { name: 'position', payload: {} }, undefined],
    ['an operator asks for state', operator, state({ resource: 'pods' }), 'it may not ask for state'],
    [
      'a newcomer asks for the position',
      { kind: 'bootstrap', name: 't' },
      { name: 'position', payload: {} },
      'it may not ask',
    ],
  ])('%s', (_, principal, asked, reason) => {
    if (reason === undefined) expect(rejection(at, principal, asked)).toBeUndefined();
    else expect(rejection(at, principal, asked)).toContain(reason);
  });
});

describe('whatever pods there are and whatever a node asks for', () => {
  const names = fc.constantFrom('a', 'b', 'c');
  const resource = fc.constantFrom('secrets' as const, 'configmaps' as const, 'pods' as const);
  const pod = fc.record({
    on: fc.constantFrom('n1', 'n2', undefined),
    secret: fc.option(names, { nil: undefined }),
    configMap: fc.option(names, { nil: undefined }),
  });
  const question = fc.record({ resource, name: names, pod: fc.nat(4), namespace: fc.constantFrom('default', 'other') });

  it('it gets no Secret and no ConfigMap that no pod of it names', () => {
    fc.assert(
      fc.property(fc.array(pod, { maxLength: 4 }), fc.array(question, { maxLength: 8 }), (pods, questions) => {
        const at = cluster('n1', 'n2');
        pods.forEach(({ on, secret, configMap }, i) => {
          const volumes = [
            ...(secret === undefined ? [] : [{ name: 's', secret: { secretName: secret } }]),
            ...(configMap === undefined ? [] : [{ name: 'c', configMap: { name: configMap } }]),
          ];
          at.given(createPod(`p${i}`, { volumes }));
          if (on !== undefined) at.given(bind(at, `p${i}`, on));
        });
        for (const { resource, name, pod, namespace } of questions) {
          const payload = { key: { resource, namespace, name }, for: refTo(at, `p${pod}`) };
          if (authoriseQuery(at.state, node, { name: 'object', payload }) !== undefined) continue;
          const namesIt = pods.some(
            ({ on, secret, configMap }) => on === 'n1' && name === (resource === 'secrets' ? secret : configMap),
          );
          expect({ resource, namespace, namesIt }).toEqual({ resource, namespace: 'default', namesIt: true });
          expect(resource).not.toBe('pods');
        }
      }),
    );
  });
});

describe('everything', () => {
  it.each<[Principal['kind'], string, string | undefined]>([
    ['controller', 'x', undefined],
    ['api', 'x', undefined],
    ['user', 'admin', undefined],
    ['user', 'ann', 'User "ann" cannot list resource "*" in API group "*" at the cluster scope'],
    ['scheduler', 'x', 'it may not read everything'],
    ['node', 'n1', 'it may not read everything'],
  ])('is told to the %s %s or not', (kind, name, reason) => {
    const questions: Asked[] = [
      { name: 'state', payload: {} },
      { name: 'events', payload: { after: 0 } },
    ];
    for (const asked of questions) {
      const message = rejection(cluster(), { kind, name }, asked);
      if (reason === undefined) expect(message).toBeUndefined();
      else expect(message).toContain(reason);
    }
  });
});

describe('a user who asks over NATS', () => {
  const GROUP = 'rbac.authorization.k8s.io';
  const ann: Principal = { kind: 'user', name: 'ann' };
  const rules = [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['configmaps'] }];
  const subjects = [{ apiGroup: GROUP, kind: 'User', name: 'ann' }];
  const at = cluster();
  const inDefault = (resource: 'roles' | 'rolebindings', fields: Record<string, unknown>): void => {
    const asked = create(`${resource}.${GROUP}` as 'roles.rbac.authorization.k8s.io', 'reader', fields);
    at.given({ ...asked, data: { ...asked.data, namespace: 'default' } } as Parameters<TestCluster['given']>[0]);
  };
  inDefault('roles', { rules });
  inDefault('rolebindings', { roleRef: { apiGroup: GROUP, kind: 'Role', name: 'reader' }, subjects });
  const key = (resource: string, namespace = 'default') => ({ resource, namespace, name: 'x' });

  it.each<[Asked, string | undefined]>([
    [{ name: 'position', payload: {} }, undefined],
    [{ name: 'object', payload: { key: key('configmaps') } }, undefined],
    [{ name: 'object', payload: { key: key('configmaps'), at: 1 } }, undefined],
    [{ name: 'object', payload: { key: key('configmaps', 'other') } }, 'in the namespace "other"'],
    [{ name: 'object', payload: { key: key('secrets'), at: 1 } }, 'cannot get resource "secrets"'],
    [{ name: 'history', payload: { key: key('configmaps') } }, undefined],
    [{ name: 'history', payload: { key: key('secrets') } }, 'cannot get resource "secrets"'],
    [{ name: 'history', payload: {} }, 'cannot list resource "*"'],
    [
      { name: 'events', payload: { channels: [{ resource: 'configmaps' }], after: 0 } },
      'cannot list resource "configmaps"',
    ],
    [{ name: 'state', payload: { channels: [{ resource: 'configmaps' }], at: 1 } }, 'at the cluster scope'],
    [{ name: 'command', payload: { id: 'c' } }, 'cannot list resource "*"'],
    [{ name: 'deadLetters', payload: {} }, 'cannot list resource "*"'],
    [{ name: 'repeatDeadLetter', payload: { letter: 1, request: 'r' } }, 'cannot list resource "*"'],
  ])('is answered by rights: %j', (asked, reason) => {
    if (reason === undefined) expect(rejection(at, ann, asked)).toBeUndefined();
    else expect(rejection(at, ann, asked)).toContain(reason);
    expect(rejection(at, { kind: 'user', name: 'admin' }, asked)).toBeUndefined();
  });
});
