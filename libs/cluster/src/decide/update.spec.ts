import type { KubeObject, StoredObject } from '@shiplog/contracts';
import { bind, cluster, create, createPod, patch, remove, type Asked, type TestCluster } from './testing/given';

const rc = (replicas: number) => ({
  spec: {
    replicas,
    selector: { app: 'web' },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
  },
});
const stored = (at: TestCluster, name: string): StoredObject => at.get('configmaps', 'default', name) as StoredObject;

describe('replacing what is not there', () => {
  const replace = (resource: 'services' | 'configmaps', spec: object = { ports: [{ port: 80 }] }): Asked => {
    const metadata = { name: 'a', resourceVersion: '7' };
    const object: KubeObject = { apiVersion: 'v1', kind: '', metadata, spec };
    return { type: 'ReplaceObject', data: { resource, namespace: 'default', name: 'a', object } };
  };

  it('makes it where Kubernetes does, and is refused elsewhere', () => {
    const at = cluster();
    expect(at.when(replace('services')).types).toEqual(['services.Created']);
    expect(at.get('services', 'default', 'a')?.metadata).toMatchObject({ name: 'a', namespace: 'default' });
    expect(at.when(replace('configmaps')).rejection?.code).toBe(404);
    expect(at.given(remove('services', 'a')).when(replace('services', {})).rejection?.code).toBe(422);
  });
});

describe('changing an Event that is made from the log', () => {
  const made = {
    ...{ apiVersion: 'v1', kind: 'Event', type: 'Normal', reason: 'Started', count: 2 },
    metadata: {
      name: 'e',
      namespace: 'default',
      uid: 'u',
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
    involvedObject: { kind: 'Pod', name: 'a', namespace: 'default' },
    source: { component: 'kubelet' },
  };
  const key = { resource: 'events', namespace: 'default', name: 'e' };
  const patched = (changes: object, more: object = {}): Asked => ({
    type: 'PatchObject',
    data: { ...key, patchType: 'merge', patch: changes, made, ...more },
  });

  it('makes it an object of the log, as it was but for the change', () => {
    const at = cluster();
    const { types } = at.when(patched({ count: 3 }));
    expect(types).toEqual(['events.Created']);
    expect(at.given(patched({ count: 3 })).get('events', 'default', 'e')).toMatchObject({
      count: 3,
      metadata: { uid: 'u' },
    });
    // From then on the log knows better.
    expect(at.when(patched({ reason: 'Other' })).events[0]?.data.object).toBeUndefined();
  });

  it('writes nothing where nothing changes, or only to try', () => {
    for (const asked of [patched({}), patched({ count: 3 }, { dryRun: true })]) {
      expect(cluster().when(asked)).toMatchObject({ events: [], reply: { ok: true, object: { reason: 'Started' } } });
    }
  });

  it('ends it, with the preconditions of any deletion', () => {
    const at = cluster();
    const deleted = (more: object): Asked => ({ type: 'DeleteObject', data: { ...key, made, ...more } });
    expect(at.when(deleted({})).types).toEqual(['events.Deleted']);
    expect(at.when(deleted({ preconditions: { uid: 'other' } })).rejection?.code).toBe(409);
    expect(at.given(deleted({})).get('events', 'default', 'e')).toBeUndefined();
  });

  it('is of no other kind, and of no other object than it is', () => {
    const at = cluster();
    expect(at.when(patched({ count: 3 }, { resource: 'configmaps' })).rejection?.code).toBe(404);
    expect(at.when(patched({ count: 3 }, { name: 'f' })).rejection?.code).toBe(404);
  });
});

describe('changing an object', () => {
  it('logs what changed, and nothing else', () => {
    const at = cluster().given(create('configmaps', 'a', { data: { x: '1', y: '2' } }));
    const { types, events } = at.when(patch('configmaps', 'a', { data: { x: '9', y: null } }));
    expect(types).toEqual(['configmaps.SpecChanged']);
    const { data, ...others } = events[0]?.data.changes ?? {};
    expect(data).toEqual({ in: { x: { set: '9' }, y: { unset: true } } });
    // Who made it owns all of it as before; that it changed something now is all that is said.
    const since = { 'Update:v1::unknown': { in: { time: { set: '2026-01-01T00:00:03Z' } } } };
    expect(others).toEqual({ metadata: { in: { fieldOwners: { in: since } } } });
  });

  it('that is as asked already makes no event and answers with its resourceVersion', () => {
    const at = cluster().given(create('configmaps', 'a', { data: { x: '1' } }));
    expect(at.when(patch('configmaps', 'a', { data: { x: '1' } })).reply).toMatchObject({
      ok: true,
      events: 0,
      position: 2,
    });
  });

  it('is refused when the object is gone', () => {
    expect(cluster().when(patch('configmaps', 'a', {})).rejection).toMatchObject({
      code: 404,
      message: 'configmaps "a" not found',
    });
  });

  it('is refused when it rests on an outdated version', () => {
    const at = cluster().given(create('configmaps', 'a', { data: { x: '1' } }));
    const old = stored(at, 'a');
    at.given(patch('configmaps', 'a', { data: { x: '2' } }));
    const replace = { resource: 'configmaps', namespace: 'default', name: 'a', object: old } as const;
    expect(at.when({ type: 'ReplaceObject', data: replace }).rejection).toEqual({
      code: 409,
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on configmaps "a": the object has been modified; ' +
        'please apply your changes to the latest version and try again',
    });
  });

  it.each([
    ['labels', { metadata: { labels: { a: 'b' } } }, 'replicationcontrollers.MetadataChanged', undefined],
    ['replicas', { spec: { replicas: 5 } }, 'replicationcontrollers.ReplicasChanged', { from: 2, to: 5 }],
    ['template', { spec: { minReadySeconds: 3 } }, 'replicationcontrollers.SpecChanged', undefined],
  ])('of %s is called what it is', (_, change, type, facts) => {
    const { types, events } = cluster()
      .given(create('replicationcontrollers', 'web', rc(2)))
      .when(patch('replicationcontrollers', 'web', change));
    expect(types).toEqual([type]);
    expect(events[0]?.data.facts).toEqual(facts);
  });

  it.each(['replicasets.apps', 'deployments.apps'] as const)('of the replicas of %s is called that', (resource) => {
    const { selector, ...spec } = rc(2).spec;
    const at = cluster().given(create(resource, 'web', { spec: { ...spec, selector: { matchLabels: selector } } }));
    const { types, events } = at.when(patch(resource, 'web', { spec: { replicas: 5 } }));
    expect(types).toEqual([`${resource}.ReplicasChanged`]);
    expect(events[0]?.data.facts).toEqual({ from: 2, to: 5 });
  });

  it('by scale is a change of replicas', () => {
    const at = cluster().given(create('replicationcontrollers', 'web', rc(2)));
    expect(at.when(patch('replicationcontrollers', 'web', { spec: { replicas: 0 } }, 'scale')).types).toEqual([
      'replicationcontrollers.ReplicasChanged',
    ]);
    expect(at.get('replicationcontrollers', 'default', 'web')).toMatchObject({ spec: { replicas: 0 } });
  });

  it('by status leaves the spec alone', () => {
    const at = cluster().given(create('replicationcontrollers', 'web', rc(2)));
    const change = { spec: { replicas: 9 }, status: { replicas: 2 } };
    expect(at.when(patch('replicationcontrollers', 'web', change, 'status')).types).toEqual([
      'replicationcontrollers.StatusChanged',
    ]);
    expect(at.get('replicationcontrollers', 'default', 'web')).toMatchObject({
      spec: { replicas: 2 },
      status: { replicas: 2 },
    });
  });

  it('by a subresource that the kind does not have is refused', () => {
    const at = cluster().given(create('configmaps', 'a'));
    expect(at.when(patch('configmaps', 'a', {}, 'scale')).rejection?.code).toBe(404);
  });

  it('that removes the last finalizer of an object that is to go lets it go', () => {
    const at = cluster().given(create('configmaps', 'a', { metadata: { finalizers: ['example.org/wait'] } }));
    at.given(remove('configmaps', 'a'));
    const { types, reply } = at.when(
      patch('configmaps', 'a', { metadata: { finalizers: null }, data: { last: 'words' } }),
    );
    expect(types).toEqual(['configmaps.Deleted']);
    // Nobody can look at it any more.
    expect(reply).toMatchObject({ object: { metadata: { name: 'a' }, data: { last: 'words' } } });
    expect(reply).not.toHaveProperty('object.metadata.finalizers');
    expect(at.get('configmaps', 'default', 'a')).toBeUndefined();
  });
});

describe('adoption', () => {
  const owner = { apiVersion: 'v1', kind: 'ReplicationController', name: 'web', uid: 'rc-uid', controller: true };

  it('is told from other changes of metadata, and so is release', () => {
    const at = cluster().given(createPod('p'));
    const adopted = at.when(patch('pods', 'p', { metadata: { ownerReferences: [owner] } }));
    expect(adopted.types).toEqual(['pods.Adopted']);
    expect(adopted.events[0]?.data.facts).toEqual({
      controller: { kind: 'ReplicationController', name: 'web', uid: 'rc-uid' },
    });
    expect(at.when(patch('pods', 'p', { metadata: { ownerReferences: null } })).types).toEqual(['pods.Released']);
    expect(at.when(patch('pods', 'p', { metadata: { labels: { a: 'b' } } })).types).toEqual(['pods.MetadataChanged']);
  });
});

describe('a node', () => {
  const ready = (status: string, reason: string) => ({
    status: { conditions: [{ type: 'Ready', status, reason, lastHeartbeatTime: '2026-01-01T00:00:00Z' }] },
  });

  it('becomes ready, not ready, and lost by its Ready condition', () => {
    const at = cluster('n1');
    expect(at.when(patch('nodes', 'n1', ready('True', 'KubeletReady'), 'status')).types).toEqual(['nodes.BecameReady']);
    expect(at.when(patch('nodes', 'n1', ready('False', 'KubeletNotReady'), 'status')).types).toEqual([
      'nodes.BecameNotReady',
    ]);
    const lost = at.when(patch('nodes', 'n1', ready('Unknown', 'NodeStatusUnknown'), 'status'));
    expect(lost.types).toEqual(['nodes.Lost']);
    expect(lost.events[0]?.data.facts).toEqual({
      from: 'False',
      reason: 'NodeStatusUnknown',
      lastHeard: '2026-01-01T00:00:00Z',
    });
  });

  it('is cordoned and uncordoned', () => {
    const at = cluster('n1');
    expect(at.when(patch('nodes', 'n1', { spec: { unschedulable: true } })).types).toEqual(['nodes.Cordoned']);
    expect(at.when(patch('nodes', 'n1', { spec: { unschedulable: null } })).types).toEqual(['nodes.Uncordoned']);
  });

  it('changes its taints', () => {
    const taint = { key: 'a', effect: 'NoSchedule' };
    expect(cluster('n1').when(patch('nodes', 'n1', { spec: { taints: [taint] } })).types).toEqual([
      'nodes.TaintsChanged',
    ]);
  });
});

describe('a bound pod', () => {
  it('keeps its node’s channel in every change', () => {
    const at = cluster('n1').given(createPod('p'));
    at.given(bind(at, 'p', 'n1'));
    expect(at.when(patch('pods', 'p', { metadata: { labels: { a: 'b' } } })).events[0]?.node).toBe('n1');
  });
});
