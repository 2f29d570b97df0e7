import { builtIn, storedApiVersion, type BuiltIn, type CommandData, type KubeObject } from '@shiplog/contracts';
import { managedFieldsOf } from '@shiplog/apimachinery';
import { cluster, create, createPod, patch, type Asked, type TestCluster, type Told } from './testing/given';

type Fields = Record<string, unknown>;
type Options = Partial<CommandData['PatchObject']> & { metadata?: Fields };

function apply(resource: BuiltIn, name: string, fields: Fields, { metadata, ...options }: Options = {}): Asked {
  const row = builtIn(resource);
  const namespace = row.namespaced ? 'default' : '';
  const object = { apiVersion: storedApiVersion(row), kind: row.kind, metadata: { name, ...metadata }, ...fields };
  const data = { resource, namespace, name, patchType: 'apply' as const, patch: object, fieldManager: 'a', ...options };
  return { type: 'PatchObject', data };
}

const data = (fields: Fields, options?: Options): Asked => apply('configmaps', 'x', { data: fields }, options);
const by = (fieldManager: string, more: Options = {}): Options => ({ fieldManager, ...more });
const dataOf = (at: TestCluster): unknown => at.get('configmaps', 'default', 'x')?.['data'];

/** Who manages which paths of an object, for example `a Apply`. */
function managers(at: TestCluster, resource: BuiltIn, name: string): Record<string, unknown> {
  const object = at.get(resource, builtIn(resource).namespaced ? 'default' : '', name) as KubeObject;
  const entries = managedFieldsOf(builtIn(resource), object) ?? [];
  return Object.fromEntries(
    entries.map(({ manager, operation, subresource, fieldsV1 }) => [
      [manager, operation, ...(subresource === undefined ? [] : [subresource])].join(' '),
      fieldsV1,
    ]),
  );
}

const owners = (at: TestCluster): Record<string, unknown> => managers(at, 'configmaps', 'x');
const ofData = (...keys: string[]): Fields => ({ 'f:data': Object.fromEntries(keys.map((key) => [`f:${key}`, {}])) });
const conflictsOf = ({ reply }: Told): unknown[] =>
  reply.ok ? [] : (reply.status.details?.causes ?? []).map(({ message, field }) => `${message}: ${field}`);

describe('server-side apply', () => {
  it('makes what is not there, all of which is who applies it’s', () => {
    const at = cluster();
    const { types } = at.when(data({ k: '1' }));
    expect(types).toEqual(['configmaps.Created']);
    expect(dataOf(at)).toEqual({ k: '1' });
    expect(owners(at)).toEqual({ 'a Apply': ofData('k') });
  });

  it('applied twice is applied once', () => {
    const at = cluster().given(data({ k: '1' }));
    expect(at.when(data({ k: '1' })).types).toEqual([]);
  });

  it('applied twice is applied once, also where defaults are inside of what is replaced whole', () => {
    const env = [{ name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }];
    const pod = apply('pods', 'p', { spec: { containers: [{ name: 'c', image: 'i', env }] } });
    expect(cluster().given(pod).when(pod).types).toEqual([]);
  });

  it('takes away what its manager no longer applies', () => {
    const at = cluster()
      .given(data({ k: '1', l: '2' }))
      .given(data({ k: '1' }));
    expect(dataOf(at)).toEqual({ k: '1' });
    expect(owners(at)).toEqual({ 'a Apply': ofData('k') });
  });

  it('leaves what others apply too, and what nobody applied', () => {
    const at = cluster()
      .given(data({ k: '1', l: '2' }))
      .given(data({ l: '2' }, by('b')))
      .given(patch('configmaps', 'x', { data: { m: '3' } }))
      .given(data({ k: '1' }));
    expect(dataOf(at)).toEqual({ k: '1', l: '2', m: '3' });
    expect(owners(at)).toEqual({ 'a Apply': ofData('k'), 'b Apply': ofData('l'), 'unknown Update': ofData('m') });
  });

  it('refuses to change what another applies, and says what', () => {
    const at = cluster().given(data({ k: '1' }));
    const told = at.when(data({ k: '2' }, by('b')));
    expect(told.rejection).toEqual({
      code: 409,
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "a": .data.k',
    });
    expect(conflictsOf(told)).toEqual(['conflict with "a": .data.k']);
    expect(dataOf(at)).toEqual({ k: '1' });
  });

  it('lists the conflicts of each manager, and in which version and part it updates', () => {
    const at = cluster()
      .given(create('configmaps', 'x', { data: { k: '1', l: '1' } }))
      .given(data({ m: '1' }, by('c')));
    const { rejection } = at.when(data({ k: '2', l: '2', m: '2' }));
    expect(rejection?.message).toBe(
      'Apply failed with 3 conflicts: conflicts with "c":\n- .data.m\nconflicts with "unknown" using v1:\n- .data.k\n- .data.l',
    );
  });

  it('with force takes what others had', () => {
    const at = cluster()
      .given(data({ k: '1', l: '1' }))
      .given(data({ k: '2' }, by('b', { force: true })));
    expect(dataOf(at)).toEqual({ k: '2', l: '1' });
    expect(owners(at)).toEqual({ 'a Apply': ofData('l'), 'b Apply': ofData('k') });
  });

  it('shares what it sets to what it is already with who updates all', () => {
    const at = cluster()
      .given(create('configmaps', 'x', { data: { k: '1', l: '1' } }))
      .given(data({ k: '1' }));
    expect(owners(at)).toEqual({
      'a Apply': ofData('k'),
      'unknown Update': { 'f:data': { '.': {}, 'f:k': {}, 'f:l': {} } },
    });
    at.given(data({}));
    expect(dataOf(at)).toEqual({ k: '1', l: '1' });
  });

  it('an update takes what it changes from all others', () => {
    const at = cluster()
      .given(data({ k: '1', l: '1' }))
      .given(patch('configmaps', 'x', { data: { k: '2' } }));
    expect(owners(at)).toEqual({ 'a Apply': ofData('l'), 'unknown Update': ofData('k') });
    expect(conflictsOf(at.when(data({ k: '1', l: '1' })))).toEqual(['conflict with "unknown" using v1: .data.k']);
  });

  it('what is removed is nobody’s', () => {
    const at = cluster()
      .given(data({ k: '1', l: '1' }))
      .given(patch('configmaps', 'x', { data: { k: null } }));
    expect(owners(at)).toEqual({ 'a Apply': ofData('l') });
  });

  it('gives what an object was before it to before-first-apply', () => {
    const at = cluster().given(create('configmaps', 'x', { data: { k: '1' } }));
    at.given({
      type: 'PatchObject',
      data: {
        resource: 'configmaps',
        namespace: 'default',
        name: 'x',
        patchType: 'merge',
        patch: { metadata: { managedFields: [{}] } },
      },
    });
    expect(owners(at)).toEqual({});
    at.given(patch('configmaps', 'x', { data: { l: '2' } }));
    expect(owners(at)).toEqual({});
    at.given(data({ m: '3' }));
    expect(owners(at)).toEqual({
      'a Apply': ofData('m'),
      'before-first-apply Update': { 'f:data': { '.': {}, 'f:k': {}, 'f:l': {} } },
    });
  });

  it.each<[string, Asked, number, string]>([
    ['another kind', apply('configmaps', 'x', { kind: 'Secret' }), 400, 'invalid object type: /v1, Kind=Secret'],
    ['managedFields', data({}, { metadata: { managedFields: [] } }), 400, 'metadata.managedFields must be nil'],
    [
      'what the schema does not know',
      apply('configmaps', 'x', { spec: {} }),
      400,
      'failed to create typed patch object (default/x; /v1, Kind=ConfigMap): .spec: field not declared in schema',
    ],
    [
      'an item without its key',
      apply('pods', 'x', { spec: { containers: [{ image: 'i' }] } }),
      400,
      'failed to create typed patch object (default/x; /v1, Kind=Pod): .spec.containers: element 0: associative list with keys has an element that omits key field "name" (and doesn\'t have default value)',
    ],
    [
      'an item twice',
      apply('pods', 'x', { spec: { containers: [{ name: 'a' }, { name: 'a' }] } }),
      400,
      'failed to create typed patch object (default/x; /v1, Kind=Pod): .spec.containers: duplicate entries for key [name="a"]',
    ],
    [
      'a uid of what is not there',
      data({}, { metadata: { uid: 'u' } }),
      409,
      'Operation cannot be fulfilled on configmaps "x": uid mismatch: the provided object specified uid u, and no existing object was found',
    ],
    [
      'another name',
      data({}, { metadata: { name: 'y' } }),
      400,
      'the name of the object (y) does not match the name on the URL (x)',
    ],
  ])('refuses %s', (_, asked, code, message) => {
    expect(cluster().when(asked).rejection).toMatchObject({ code, message });
  });

  it('refuses an outdated resourceVersion', () => {
    const at = cluster().given(data({ k: '1' }));
    expect(at.when(data({ k: '2' }, { metadata: { resourceVersion: '1' } })).rejection).toMatchObject({ code: 409 });
  });

  it('tells items of lists apart by their keys, the defaults of those too', () => {
    const service = (ports: Fields[], options?: Options): Asked =>
      apply('services', 's', { spec: { selector: { a: 'b' }, ports } }, options);
    const at = cluster().given(service([{ port: 80, name: 'http' }]));
    at.given(service([{ port: 81, protocol: 'TCP', name: 'other' }], by('b')));
    const ports = (): unknown => (at.get('services', 'default', 's')?.['spec'] as { ports: Fields[] }).ports;
    expect(ports()).toMatchObject([{ port: 80 }, { port: 81 }]);
    expect(managers(at, 'services', 's')['a Apply']).toEqual({
      'f:spec': {
        'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:name': {}, 'f:port': {} } },
        'f:selector': {},
      },
    });
    expect(conflictsOf(at.when(service([{ port: 81, name: 'mine' }])))).toEqual([
      'conflict with "b": .spec.ports[port=81,protocol="TCP"].name',
    ]);
    at.given(service([], by('b')));
    expect(ports()).toMatchObject([{ port: 80 }]);
  });

  it('works on the status and leaves all else', () => {
    const at = cluster().given(create('services', 's', { spec: { type: 'LoadBalancer', ports: [{ port: 80 }] } }));
    const status = { loadBalancer: { ingress: [{ ip: '10.1.2.3' }] } };
    at.given(apply('services', 's', { spec: { type: 'NodePort' }, status }, { subresource: 'status' }));
    expect(at.get('services', 'default', 's')).toMatchObject({ spec: { type: 'LoadBalancer' }, status });
    expect(managers(at, 'services', 's')).toMatchObject({
      'a Apply status': { 'f:status': { 'f:loadBalancer': { 'f:ingress': {} } } },
    });
  });

  it('works on the scale, whose number of replicas is the object’s', () => {
    const rc = {
      selector: { a: 'b' },
      template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    };
    const at = cluster().given(apply('replicationcontrollers', 'r', { spec: { ...rc, replicas: 1 } }));
    const scale = (replicas: number, force = false): Asked => {
      const object = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'r' }, spec: { replicas } };
      return apply('replicationcontrollers', 'r', {}, by('b', { patch: object, subresource: 'scale', force }));
    };
    expect(conflictsOf(at.when(scale(3)))).toEqual(['conflict with "a": .spec.replicas']);
    at.given(scale(3, true));
    expect(at.get('replicationcontrollers', 'default', 'r')).toMatchObject({ spec: { replicas: 3 } });
    expect(managers(at, 'replicationcontrollers', 'r')['b Apply scale']).toEqual({ 'f:spec': { 'f:replicas': {} } });
    expect(conflictsOf(at.when(apply('replicationcontrollers', 'r', { spec: { ...rc, replicas: 1 } })))).toEqual([
      'conflict with "b" with subresource "scale": .spec.replicas',
    ]);
  });

  it('lets kubectl go on with what it had applied on the client’s side', () => {
    const manifest = (value: string): Fields => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'x', namespace: 'default', annotations: {} },
      data: { k: value },
    });
    const key = 'kubectl.kubernetes.io/last-applied-configuration';
    const annotations = { [key]: JSON.stringify(manifest('1')) };
    const created = create('configmaps', 'x', { metadata: { annotations }, data: { k: '1', l: '1' } });
    const at = cluster().given(created);
    expect(at.when(data({ k: '2' }, by('kubectl'))).rejection).toBeUndefined();
    expect(dataOf(at)).toEqual({ k: '2', l: '1' });
    const kept = at.get('configmaps', 'default', 'x')?.metadata.annotations?.[key] ?? '';
    expect(JSON.parse(kept)).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'x' },
      data: { k: '2' },
    });
    expect(at.when(data({ l: '2' }, by('kubectl'))).rejection?.code).toBe(409);
  });

  it('keeps ten that update, and merges the oldest', () => {
    const at = cluster().given(data({ k: '1' }));
    for (let i = 0; i < 13; i++) {
      const own = patch('configmaps', 'x', { data: { [`k${i}`]: '1' } });
      at.given({ ...own, data: { ...own.data, fieldManager: `m${i}` } } as Asked);
    }
    const names = Object.keys(owners(at));
    expect(names).toHaveLength(11);
    expect(owners(at)['ancient-changes Update']).toEqual(ofData('k0', 'k1', 'k2', 'k3'));
  });
});

describe('the volume of a pod by which its containers get the token of their account', () => {
  const mine = { volumes: [{ name: 'kube-api-access-mine', emptyDir: {} }] };
  const ofSpec = (at: TestCluster): Fields =>
    (managers(at, 'pods', 'p')['unknown Update'] as { 'f:spec': Fields })['f:spec'];
  const mountsOf = (at: TestCluster): unknown =>
    (ofSpec(at)['f:containers'] as Record<string, Fields>)['k:{"name":"web"}']?.['f:volumeMounts'];

  it('is nobody’s to manage, nor are its mounts: admission has filled them in', () => {
    const at = cluster().given(createPod('p'));
    expect(at.get('pods', 'default', 'p')).toMatchObject({ spec: { volumes: [{ projected: {} }] } });
    expect([ofSpec(at)['f:volumes'], mountsOf(at)]).toEqual([undefined, undefined]);
  });

  it('stays nobody’s when somebody else changes the pod', () => {
    const at = cluster()
      .given(createPod('p'))
      .given(patch('pods', 'p', { metadata: { labels: { a: 'b' } } }));
    expect([ofSpec(at)['f:volumes'], mountsOf(at)]).toEqual([undefined, undefined]);
    const relabelled = apply('pods', 'p', {}, { metadata: { labels: { a: 'c' } }, force: true });
    expect(Object.keys(at.given(relabelled) && managers(at, 'pods', 'p'))).toEqual(['a Apply', 'unknown Update']);
    expect([ofSpec(at)['f:volumes'], mountsOf(at)]).toEqual([undefined, undefined]);
  });

  it('leaves the volumes and mounts that the maker of the pod wrote, by whatever name, to their maker', () => {
    const mount = { name: 'kube-api-access-mine', mountPath: '/x' };
    const at = cluster().given(
      createPod('p', { ...mine, containers: [{ name: 'web', image: 'web:1', volumeMounts: [mount] }] }),
    );
    expect(ofSpec(at)['f:volumes']).toMatchObject({ 'k:{"name":"kube-api-access-mine"}': { 'f:emptyDir': {} } });
    expect(mountsOf(at)).toMatchObject({ 'k:{"mountPath":"/x"}': { 'f:name': {} } });
  });
});
