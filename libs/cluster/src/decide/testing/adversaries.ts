import { JSON_PATCH_OPERATIONS, OBJECT_DEPTH, type PatchType } from '@shiplog/contracts';
import { APPLICATIONS } from './apply-adversaries';
import { cluster, create, createPod, refTo, type Asked, type TestCluster } from './given';

/** An input that is as costly as its kind can be made: a cluster, and a command of about so many bytes to it. */
export interface Adversary {
  readonly name: string;
  readonly make: (bytes: number) => { at: TestCluster; asked: Asked };
}

type Fields = Record<string, unknown>;

/** Items of which each takes about so many bytes, to fill a size. */
function fill<T>(bytes: number, each: number, item: (i: number) => T): T[] {
  return Array.from({ length: Math.max(1, Math.floor(bytes / each)) }, (_, i) => item(i));
}

/** As many operations as a JSON patch may have, or a size holds. */
function operations<T>(bytes: number, each: number, item: (i: number) => T): T[] {
  return fill(Math.min(bytes, (JSON_PATCH_OPERATIONS - 1) * each), each, item);
}

function fields(bytes: number, each: number, value: (i: number) => unknown): Fields {
  return Object.fromEntries(fill(bytes, each, (i) => [`k${i}`, value(i)]));
}

const creating = (name: string, ask: (bytes: number) => Asked): Adversary => ({
  name: `create: ${name}`,
  make: (bytes) => ({ at: cluster(), asked: ask(bytes) }),
});

const configMap = (fields: Fields): Asked => create('configmaps', 'x', fields);
const container = (fields: Fields): Fields => ({ containers: [{ name: 'web', image: 'web:1', ...fields }] });

const finalizers = (bytes: number): string[] => fill(bytes, 20, (i) => `example.org/f-${i}`);
const env = (bytes: number): Fields[] => fill(bytes, 32, (i) => ({ name: `E${i}`, value: `${i}` }));
const servicePorts = (bytes: number): Fields[] => fill(bytes, 45, (i) => ({ name: `p${i}`, port: (i % 65_000) + 1 }));
const tolerations = (bytes: number): Fields[] => fill(bytes, 40, (i) => ({ key: `k${i}`, operator: 'Exists' }));

/** A chain of objects, as deep as one may be below the root. */
function chain(levels: number): unknown {
  return JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`);
}
const chains = (bytes: number): unknown[] => fill(bytes, OBJECT_DEPTH * 6, () => chain(OBJECT_DEPTH - 10));

const CREATES: readonly Adversary[] = [
  creating('many keys', (bytes) => configMap({ data: fields(bytes, 12, () => '') })),
  creating('one long text', (bytes) => configMap({ data: { a: 'x'.repeat(bytes) } })),
  creating('one long text of wide characters', (bytes) => configMap({ data: { a: '船'.repeat(bytes / 3) } })),
  creating('a long key', (bytes) => configMap({ data: { ['x'.repeat(bytes)]: '' } })),
  creating('keys that are none', (bytes) =>
    configMap({ data: fields(bytes, 14, () => '?'), binaryData: { '?': '?' } }),
  ),
  creating('unknown fields', (bytes) => configMap(fields(bytes, 12, () => 1))),
  creating('deep unknown fields', (bytes) => configMap({ unknown: chains(bytes) })),
  creating('deep annotations', (bytes) => configMap({ metadata: { annotations: { a: chains(bytes) } } })),
  creating('labels', (bytes) => configMap({ metadata: { labels: fields(bytes, 12, () => 'v') } })),
  creating('labels that are none', (bytes) => configMap({ metadata: { labels: fields(bytes, 14, () => '?!') } })),
  creating('annotations', (bytes) => configMap({ metadata: { annotations: fields(bytes, 12, () => 'v') } })),
  creating('finalizers', (bytes) => configMap({ metadata: { finalizers: finalizers(bytes) } })),
  creating('owner references', (bytes) =>
    configMap({
      metadata: {
        ownerReferences: fill(bytes, 85, (i) => ({
          apiVersion: 'v1',
          kind: 'Pod',
          name: `${i}`,
          uid: `${i}`,
          controller: true,
        })),
      },
    }),
  ),
  creating('a long name', (bytes) => create('configmaps', 'a.'.repeat(bytes / 2))),
  creating('a long prefix', (bytes) =>
    create('configmaps', '', { metadata: { name: undefined, generateName: 'a-'.repeat(bytes / 2) } }),
  ),
  creating('environment variables', (bytes) => createPod('x', container({ env: env(bytes) }))),
  creating('containers', (bytes) =>
    createPod('x', { containers: fill(bytes, 35, (i) => ({ name: `c${i}`, image: 'x' })) }),
  ),
  creating('ports', (bytes) =>
    createPod('x', container({ ports: fill(bytes, 45, (i) => ({ containerPort: 80, hostPort: i, name: `p${i}` })) })),
  ),
  creating('volumes and mounts', (bytes) =>
    createPod('x', {
      volumes: fill(bytes / 2, 15, (i) => ({ name: `v${i}` })),
      ...container({ volumeMounts: fill(bytes / 2, 35, (i) => ({ name: `v${i}`, mountPath: `/${i}` })) }),
    }),
  ),
  creating('tolerations', (bytes) => createPod('x', { tolerations: tolerations(bytes) })),
  creating('amounts', (bytes) =>
    createPod('x', container({ resources: { requests: fields(bytes, 14, (i) => `${i}k`) } })),
  ),
  creating('an amount of many digits', (bytes) =>
    createPod('x', container({ resources: { limits: { cpu: '9'.repeat(bytes) } } })),
  ),
  creating('ports of a service', (bytes) => create('services', 'x', { spec: { ports: servicePorts(bytes) } })),
  creating('node ports', (bytes) =>
    create('services', 'x', { spec: { type: 'NodePort', ports: servicePorts(bytes) } }),
  ),
  creating('moments that are none', (bytes) =>
    create('nodes', 'x', {
      status: {
        conditions: fill(bytes, 75, () => ({ type: 'X', status: 'True', lastHeartbeatTime: '2024-01-01T00:00:00Z' })),
      },
    }),
  ),
  creating('a moment of many digits', (bytes) =>
    create('nodes', 'x', {
      status: {
        conditions: [{ type: 'X', status: 'True', lastHeartbeatTime: `2024-01-01T00:00:00.${'1'.repeat(bytes)}Z` }],
      },
    }),
  ),
];

/** A patch of an object that is there, in its state's own words. */
function patching(
  name: string,
  type: PatchType,
  before: (bytes: number) => Asked,
  patch: (bytes: number) => unknown,
): Adversary {
  return {
    name: `${type} patch: ${name}`,
    make: (bytes) => {
      const there = before(bytes / 2) as Extract<Asked, { type: 'CreateObject' }>;
      const { resource, namespace, object } = there.data;
      const data = { resource, namespace, name: object.metadata.name ?? '', patchType: type, patch: patch(bytes) };
      return { at: cluster().given(there), asked: { type: 'PatchObject', data } };
    },
  };
}

const plain = (): Asked => configMap({ data: { a: '1' } });
const withFinalizers = (bytes: number): Asked => configMap({ metadata: { finalizers: finalizers(bytes) } });
const withEnv = (bytes: number): Asked => createPod('x', container({ env: env(bytes) }));
const backwards = <T>(items: T[]): T[] => items.reverse();
const names = (bytes: number): Fields[] => env(bytes).map(({ name }) => ({ name }));
const inContainer = (change: Fields): Fields => ({ spec: { containers: [{ name: 'web', ...change }] } });
const longList = (bytes: number): Fields => ({ op: 'add', path: '/list', value: fill(bytes / 2, 2, () => 1) });

const PATCHES: readonly Adversary[] = [
  patching('many keys', 'merge', plain, (bytes) => ({ data: fields(bytes, 12, () => '') })),
  patching(
    'many keys removed',
    'merge',
    (bytes) => configMap({ data: fields(bytes, 14, () => '') }),
    (bytes) => ({
      data: fields(bytes, 14, () => null),
    }),
  ),
  patching('deep', 'merge', plain, (bytes) => ({ unknown: { a: chains(bytes) } })),
  patching('finalizers', 'strategic', withFinalizers, (bytes) => ({
    metadata: { finalizers: backwards(finalizers(bytes)).map((item) => `${item}x`) },
  })),
  patching('objects in a list of texts', 'strategic', withFinalizers, (bytes) => ({
    metadata: { finalizers: fill(bytes, 20, (i) => ({ a: i, b: [i] })) },
  })),
  patching('finalizers deleted', 'strategic', withFinalizers, (bytes) => ({
    metadata: { '$deleteFromPrimitiveList/finalizers': backwards(finalizers(bytes)) },
  })),
  patching('finalizers in order', 'strategic', withFinalizers, (bytes) => ({
    metadata: { '$setElementOrder/finalizers': backwards(finalizers(bytes)) },
  })),
  patching('a list by its key', 'strategic', withEnv, (bytes) => inContainer({ env: backwards(env(bytes)) })),
  patching('a list by its key in order', 'strategic', withEnv, (bytes) =>
    inContainer({ '$setElementOrder/env': backwards(names(bytes)) }),
  ),
  patching('half of a list in order', 'strategic', withEnv, (bytes) =>
    inContainer({ '$setElementOrder/env': names(bytes).filter((_, i) => i % 2 === 0) }),
  ),
  patching('items deleted by their key', 'strategic', withEnv, (bytes) =>
    inContainer({ env: backwards(names(bytes)).map((item) => ({ ...item, $patch: 'delete' })) }),
  ),
  patching('the same item again and again', 'strategic', withEnv, (bytes) => ({
    spec: { containers: fill(bytes, 60, (i) => ({ name: 'web', env: [{ name: `F${i}`, value: '1' }] })) },
  })),
  patching(
    'fields to retain',
    'strategic',
    (bytes) => configMap({ data: fields(bytes, 14, () => '') }),
    (bytes) => ({
      data: { $retainKeys: fill(bytes, 8, (i) => `k${i * 2}`) },
    }),
  ),
  patching('deep', 'strategic', plain, (bytes) => ({ unknown: { a: chains(bytes) } })),
  patching('additions', 'json', plain, (bytes) =>
    operations(bytes, 45, (i) => ({ op: 'add', path: `/data/k${i}`, value: '' })),
  ),
  patching('copies that double', 'json', plain, (bytes) => [
    { op: 'add', path: '/x', value: { a: 'b'.repeat(bytes / 2) } },
    ...operations(bytes / 2, 45, (i) => ({ op: 'copy', from: '/x', path: `/x/y${i}` })),
  ]),
  patching('copies of little', 'json', plain, (bytes) =>
    operations(bytes, 50, (i) => ({ op: 'copy', from: '/data/a', path: `/data/k${i}` })),
  ),
  patching('a long list pushed from its front', 'json', plain, (bytes) => [
    longList(bytes),
    ...operations(bytes / 2, 40, () => ({ op: 'add', path: '/list/0', value: 1 })),
  ]),
  patching('a long list taken from its front', 'json', plain, (bytes) => [
    longList(bytes),
    ...operations(bytes / 2, 35, () => ({ op: 'remove', path: '/list/0' })),
  ]),
  patching(
    'something large moved',
    'json',
    (bytes) => configMap({ data: fields(bytes / 2, 14, () => '') }),
    (bytes) =>
      operations(bytes, 50, (i) =>
        i % 2 === 0 ? { op: 'move', from: '/data', path: '/x' } : { op: 'move', from: '/x', path: '/data' },
      ),
  ),
  patching('something large moved in a list', 'json', plain, (bytes) => [
    { op: 'add', path: '/list', value: [fields(bytes / 2, 12, () => ''), 1] },
    ...operations(bytes / 2, 45, () => ({ op: 'move', from: '/list/1', path: '/list/0' })),
  ]),
  patching(
    'something large tested',
    'json',
    (bytes) => configMap({ data: fields(bytes / 2, 14, () => '') }),
    (bytes) => operations(bytes, 40, () => ({ op: 'test', path: '/data/k0', value: '' })),
  ),
  patching('long paths', 'json', plain, (bytes) => [{ op: 'add', path: '/a'.repeat(bytes / 2), value: 1 }]),
  patching('deeper and deeper', 'json', plain, (bytes) => deeper(bytes)),
];

/** Each addition begins where the one before it ended. */
function deeper(bytes: number): Fields[] {
  const steps: Fields[] = [];
  let path = '';
  for (let left = bytes; left > 0; left -= path.length + 200 * 6) {
    steps.push({ op: 'add', path: `${path}/a`, value: chain(200) });
    path += '/a'.repeat(200);
  }
  return steps;
}

/** A replacement of an object that is there. */
function replacing(
  name: string,
  before: (bytes: number) => Asked,
  change: (object: Fields, bytes: number) => Fields,
): Adversary {
  return {
    name: `replace: ${name}`,
    make: (bytes) => {
      const there = before(bytes / 2) as Extract<Asked, { type: 'CreateObject' }>;
      const { resource, namespace, object } = there.data;
      const at = cluster().given(there);
      const { name: called = '' } = object.metadata;
      const present = at.get(resource, namespace, called) as unknown as Fields;
      const data = { resource, namespace, name: called, object: change(structuredClone(present), bytes) as never };
      return { at, asked: { type: 'ReplaceObject', data } };
    },
  };
}

const REPLACEMENTS: readonly Adversary[] = [
  replacing(
    'all keys',
    (bytes) => configMap({ data: fields(bytes, 14, () => '') }),
    (object, bytes) => ({
      ...object,
      data: fields(bytes, 14, () => '1'),
    }),
  ),
  replacing(
    'tolerations',
    (bytes) => createPod('x', { tolerations: tolerations(bytes / 2) }),
    (object) => {
      const spec = object['spec'] as { tolerations: Fields[] };
      return { ...object, spec: { ...spec, tolerations: backwards(spec.tolerations) } };
    },
  ),
  replacing(
    'ports of a service',
    (bytes) => create('services', 'x', { spec: { type: 'ClusterIP', ports: servicePorts(bytes / 2) } }),
    (object) => {
      const spec = object['spec'] as { ports: Fields[] };
      return { ...object, spec: { ...spec, type: 'LoadBalancer', ports: backwards(spec.ports) } };
    },
  ),
];

/** Commands that are no writes of a whole object. */
const OTHERS: readonly Adversary[] = [
  {
    name: 'replace: finalizers of what is to go',
    make: (bytes) => {
      const at = cluster().given(withFinalizers(bytes / 2));
      const key = { resource: 'configmaps' as const, namespace: 'default', name: 'x' };
      at.given({ type: 'DeleteObject', data: key });
      const metadata = { finalizers: backwards(finalizers(bytes)) };
      return { at, asked: { type: 'PatchObject', data: { ...key, patchType: 'merge', patch: { metadata } } } };
    },
  },
  {
    name: 'delete: many finalizers',
    make: (bytes) => {
      const at = cluster().given(
        configMap({ metadata: { finalizers: ['foregroundDeletion', ...finalizers(bytes / 2)] } }),
      );
      const data = { resource: 'configmaps' as const, namespace: 'default', name: 'x' };
      return { at, asked: { type: 'DeleteObject', data: { ...data, propagationPolicy: 'Foreground' } } };
    },
  },
  {
    name: 'delete collection: a long selector',
    make: (bytes) => ({
      at: cluster().given(plain()),
      asked: {
        type: 'DeleteCollection',
        data: {
          resource: 'configmaps',
          namespace: 'default',
          labelSelector: fill(bytes, 8, (i) => `!k${i}`).join(','),
        },
      },
    }),
  },
  {
    name: 'report: containers',
    make: (bytes) => {
      const at = cluster('n').given(createPod('x', { nodeName: 'n' }));
      const state = { running: { startedAt: '2026-01-01T00:00:00Z' } };
      const containerStatuses = fill(bytes, 130, (i) => ({
        name: `c${i}`,
        image: 'x',
        imageID: '',
        ready: true,
        restartCount: 0,
        state,
      }));
      return {
        at,
        asked: {
          type: 'ReportPods',
          data: { node: 'n', pods: [{ ...refTo(at, 'x'), status: { containerStatuses } }] },
        },
      };
    },
  },
  {
    name: 'report: conditions',
    make: (bytes) => {
      const at = cluster('n').given(createPod('x', { nodeName: 'n' }));
      const conditions = fill(bytes, 35, (i) => ({ type: `T${i}`, status: 'True' }));
      return {
        at,
        asked: { type: 'ReportPods', data: { node: 'n', pods: [{ ...refTo(at, 'x'), status: { conditions } }] } },
      };
    },
  },
];

export const ADVERSARIES: readonly Adversary[] = [...CREATES, ...PATCHES, ...APPLICATIONS, ...REPLACEMENTS, ...OTHERS];
