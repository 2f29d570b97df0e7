import {
  builtIn,
  eventType,
  storedApiVersion,
  type AnyCommand,
  type BuiltIn,
  type LogEvent,
  type Principal,
} from '@shiplog/contracts';
import fc from 'fast-check';
import { bind, cluster, createPod, refTo, remove, type Asked, type TestCluster } from '../decide/testing/given';
import { authorise } from '.';

const node: Principal = { kind: 'node', name: 'n1' };
const actor = 'system:node:n1';
const LEASES = 'leases.coordination.k8s.io';

const PODS = ['a', 'b', 'c', 'd'];
const nodeName = fc.constantFrom('n1', 'n2', 'n3');
const podName = fc.constantFrom(...PODS);
const namespace = fc.constantFrom('', 'default', 'kube-node-lease');
const resource = fc.constantFrom<BuiltIn>('nodes', 'pods', LEASES, 'secrets', 'services', 'namespaces');
const anyName = fc.oneof(nodeName, podName);
/** Mostly what would be accepted: what is refused for one reason shows nothing of the others. */
const likely = <T>(value: T, others: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: others });
const labels = fc.dictionary(
  fc.constantFrom('disk', 'kubernetes.io/arch', 'node-role.kubernetes.io/master', '__proto__'),
  fc.constantFrom('x', ''),
);
const strangeMetadata = fc.record(
  {
    name: anyName,
    namespace,
    labels,
    annotations: labels,
    finalizers: fc.constantFrom(['a.b/c'], null),
    ownerReferences: fc.constantFrom([], [{ apiVersion: 'v1', kind: 'Pod', name: 'b', uid: 'u', controller: true }]),
    generateName: fc.constantFrom('g-'),
    uid: fc.constantFrom('u'),
    resourceVersion: fc.constantFrom('1'),
    deletionTimestamp: fc.constantFrom('2026-01-01T00:00:00Z', null),
  },
  { requiredKeys: [] },
);
const metadata = fc.oneof(
  fc.record({ labels: fc.dictionary(fc.constantFrom('disk', 'zone'), fc.constantFrom('x', 'y')) }),
  strangeMetadata,
);
const status = fc.constantFrom(
  { conditions: [{ type: 'Ready', status: 'True' }] },
  { conditions: [{ type: 'Ready', status: 'False' }] },
  { phase: 'Succeeded' },
  null,
);
const part = fc.oneof(
  fc.record({ metadata }),
  fc.record({ status }),
  fc.record(
    {
      metadata: fc.oneof(metadata, fc.constant(null)),
      spec: fc.constantFrom({}, { nodeName: 'n1' }, { unschedulable: true }, { taints: [] }, null),
      status,
      kind: fc.constantFrom('Node', 'Pod'),
    },
    { requiredKeys: [] },
  ),
);
const subresource = fc.constantFrom(undefined, undefined, 'status', 'status', 'scale', 'finalize', 'binding');

/** Whatever a node could think of. */
const hostile: fc.Arbitrary<(at: TestCluster) => Asked> = fc.oneof(
  fc
    .record({
      resource: fc.oneof(fc.constantFrom<BuiltIn>('nodes', LEASES), resource),
      namespace: likely('kube-node-lease', namespace),
      name: likely('n1', anyName),
      more: part,
    })
    .map(({ resource, namespace, name, more }) => (): Asked => {
      const row = builtIn(resource);
      const object = {
        apiVersion: storedApiVersion(row),
        kind: row.kind,
        ...more,
        metadata: { name, ...(more as { metadata?: object | null }).metadata },
      };
      const home = row.namespaced ? namespace : '';
      return { type: 'CreateObject', data: { resource, namespace: home, object: object as never } };
    }),
  fc
    .record({
      resource: likely<BuiltIn>('nodes', resource),
      namespace: likely('', namespace),
      name: likely('n1', anyName),
      subresource,
      patchType: likely('merge', fc.constantFrom('strategic', 'json')),
      patch: part,
    })
    .map((data) => (): Asked => ({ type: 'PatchObject', data: data as never })),
  fc
    .record({
      node: likely('n1', nodeName),
      pods: fc.array(podName, { maxLength: 4 }),
      phase: fc.constantFrom('Running', 'Failed'),
    })
    .map(({ node, pods, phase }) => (at: TestCluster): Asked => ({
      type: 'ReportPods',
      data: { node, pods: pods.map((name) => ({ ...refTo(at, name), status: { phase } })) },
    })),
  fc
    .record({
      resource: likely<BuiltIn>('pods', resource),
      name: likely('a', anyName),
      withUid: likely(true, fc.boolean()),
      gracePeriodSeconds: likely<number | undefined>(0, fc.constantFrom(undefined, 5)),
    })
    .map(({ resource, name, withUid, gracePeriodSeconds }) => (at: TestCluster): Asked => {
      const { uid } = refTo(at, name);
      return remove(resource, name, { gracePeriodSeconds, ...(withUid ? { preconditions: { uid } } : {}) });
    }),
  fc.record({ name: podName, on: nodeName }).map(
    ({ name, on }) =>
      (at: TestCluster) =>
        bind(at, name, on),
  ),
);

/** What others do meanwhile. */
const others: fc.Arbitrary<(at: TestCluster) => Asked> = fc.oneof(
  podName.map((name) => () => createPod(name)),
  fc.record({ name: podName, on: nodeName }).map(
    ({ name, on }) =>
      (at: TestCluster) =>
        bind(at, name, on),
  ),
  podName.map((name) => () => remove('pods', name)),
);
const step = fc.oneof(
  { weight: 3, arbitrary: hostile.map((make) => ({ make, by: 'node' as const })) },
  { weight: 1, arbitrary: others.map((make) => ({ make, by: 'others' as const })) },
);

/** Whether an event is of what is the node's own, and changes only what a node has a say in. */
function isOwn(event: LogEvent, nodesBefore: ReadonlyMap<string, string | undefined>): boolean {
  const { resource, namespace, name, data } = event;
  const fields = Object.keys(data.changes ?? {});
  if (resource === LEASES) return namespace === 'kube-node-lease' && name === 'n1';
  if (resource === 'nodes') return name === 'n1' && !fields.includes('spec');
  return resource === 'pods' && nodesBefore.get(name) === 'n1' && !fields.includes('spec');
}

describe('a node, whatever commands it sends', () => {
  it('changes nothing but its Node, its Lease and the pods that are bound to it, and never what is wanted of them', () => {
    const accepted = new Set<string>();
    fc.assert(
      fc.property(fc.boolean(), fc.array(step, { maxLength: 30 }), (isRegistered, steps) => {
        const at = isRegistered ? cluster('n1', 'n2') : cluster('n2');
        for (const name of ['a', 'b', 'c']) at.given(createPod(name));
        if (isRegistered) at.given(bind(at, 'a', 'n1'));
        at.given(bind(at, 'b', 'n2'));
        at.given({
          type: 'CreateObject',
          data: {
            resource: 'namespaces',
            namespace: '',
            object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-node-lease' } },
          },
        });
        for (const { make, by } of steps) {
          const asked = make(at);
          if (by === 'others') {
            at.when(asked);
            continue;
          }
          if (authorise(at.state, node, { id: 'c', actor, ...asked } as AnyCommand) !== undefined) continue;
          const before = new Map(at.state.list('pods').map(({ metadata, spec }) => [metadata.name, spec?.nodeName]));
          const { events } = at.when({ ...asked, actor });
          for (const event of events) accepted.add(eventType(event));
          expect(events.filter((event) => !isOwn(event, before))).toEqual([]);
        }
      }),
      { numRuns: 800 },
    );
    // It would be easy to hold for a node that may do nothing.
    expect(accepted.size).toBeGreaterThan(3);
  });
});
