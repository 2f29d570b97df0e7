import { bind, cluster, create, createPod, patch, refTo, remove, type TestCluster } from './testing/given';

const boundPod = (): TestCluster => {
  const at = cluster('n1').given(createPod('p', { terminationGracePeriodSeconds: 20 }));
  return at.given(bind(at, 'p', 'n1'));
};

describe('deleting an object', () => {
  it('without anything to wait for is one event', () => {
    const at = cluster().given(create('configmaps', 'a'));
    expect(at.when(remove('configmaps', 'a')).types).toEqual(['configmaps.Deleted']);
    expect(at.get('configmaps', 'default', 'a')).toBeUndefined();
  });

  it('that is gone is refused', () => {
    expect(cluster().when(remove('configmaps', 'a')).rejection?.code).toBe(404);
  });

  it('with a finalizer marks it, once', () => {
    const at = cluster().given(create('configmaps', 'a', { metadata: { finalizers: ['example.org/wait'] } }));
    expect(at.when(remove('configmaps', 'a')).types).toEqual(['configmaps.DeletionRequested']);
    expect(at.get('configmaps', 'default', 'a')?.metadata).toMatchObject({ deletionGracePeriodSeconds: 0 });
    expect(at.when(remove('configmaps', 'a')).reply).toMatchObject({ ok: true, events: 0 });
  });

  it('is refused when a precondition does not hold', () => {
    const at = cluster().given(create('configmaps', 'a'));
    expect(at.when(remove('configmaps', 'a', { preconditions: { uid: 'another' } })).rejection?.message).toBe(
      'Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition (another) does not match the UID in ' +
        'record (uid-2). The object might have been deleted and then recreated',
    );
    expect(at.when(remove('configmaps', 'a', { preconditions: { resourceVersion: '1' } })).rejection?.code).toBe(409);
    expect(at.when(remove('configmaps', 'a', { preconditions: { uid: 'uid-2', resourceVersion: '2' } })).types).toEqual(
      ['configmaps.Deleted'],
    );
  });

  it('is answered with it where Kubernetes returns what is deleted, and with no object elsewhere', () => {
    const at = cluster().given(create('services', 'a', { spec: { ports: [{ port: 80 }] } }));
    at.given(createPod('p')).given(create('configmaps', 'a'));
    const answered = (...[resource, name, options]: Parameters<typeof remove>) => {
      const { reply } = at.when(remove(resource, name, options));
      return reply.ok ? reply.object?.metadata : undefined;
    };
    for (const dryRun of [true, false]) {
      expect(answered('services', 'a', { dryRun })).toMatchObject({ name: 'a' });
      expect(answered('services', 'b', { dryRun })).toBeUndefined();
      expect(answered('pods', 'p', { dryRun })).toMatchObject({ name: 'p', deletionGracePeriodSeconds: 0 });
      expect(answered('configmaps', 'a', { dryRun })).toBeUndefined();
    }
    expect(at.get('services', 'default', 'a')).toBeUndefined();
  });

  it('with dryRun changes nothing', () => {
    const at = cluster().given(create('configmaps', 'a'));
    expect(at.when(remove('configmaps', 'a', { dryRun: true })).reply).toMatchObject({ ok: true, events: 0 });
    expect(at.get('configmaps', 'default', 'a')).toBeDefined();
  });
});

describe('deleting a pod', () => {
  it('that no node has yet takes no time', () => {
    expect(cluster().given(createPod('p')).when(remove('pods', 'p')).types).toEqual(['pods.Deleted']);
  });

  it('that a node runs waits for the node, its grace period long', () => {
    const at = boundPod();
    const { types, events } = at.when(remove('pods', 'p'));
    expect(types).toEqual(['pods.DeletionRequested']);
    expect(events[0]?.data.facts).toEqual({ gracePeriodSeconds: 20 });
    expect(at.get('pods', 'default', 'p')?.metadata).toMatchObject({
      deletionTimestamp: '2026-01-01T00:00:25Z',
      deletionGracePeriodSeconds: 20,
    });
  });

  it('again can shorten the grace period, counted from the first time, and not lengthen it', () => {
    const at = boundPod().given(remove('pods', 'p'));
    expect(at.when(remove('pods', 'p', { gracePeriodSeconds: 60 })).types).toEqual([]);
    expect(at.when(remove('pods', 'p')).types).toEqual([]);
    at.given(remove('pods', 'p', { gracePeriodSeconds: 5 }));
    expect(at.get('pods', 'default', 'p')?.metadata).toMatchObject({
      deletionTimestamp: '2026-01-01T00:00:10Z',
      deletionGracePeriodSeconds: 5,
    });
  });

  it('is done when the kubelet says that its containers are gone', () => {
    const at = boundPod().given(remove('pods', 'p'));
    const { uid } = refTo(at, 'p');
    const { types, events } = at.when(remove('pods', 'p', { gracePeriodSeconds: 0, preconditions: { uid } }));
    expect(types).toEqual(['pods.Deleted']);
    expect(events[0]?.node).toBe('n1');
  });

  it('that has ended takes no time', () => {
    const at = boundPod();
    at.given({
      type: 'ReportPods',
      data: { node: 'n1', pods: [{ ...refTo(at, 'p'), status: { phase: 'Succeeded' } }] },
    });
    expect(at.when(remove('pods', 'p')).types).toEqual(['pods.Deleted']);
  });

  it('with a finalizer waits for the finalizer too', () => {
    const at = cluster('n1').given(createPod('p', { metadata: { finalizers: ['example.org/wait'] } }));
    at.given(bind(at, 'p', 'n1')).given(remove('pods', 'p'));
    expect(at.when(remove('pods', 'p', { gracePeriodSeconds: 0 })).types).toEqual(['pods.MetadataChanged']);
    expect(at.when(patch('pods', 'p', { metadata: { finalizers: null } })).types).toEqual(['pods.Deleted']);
  });
});

describe('what becomes of dependents', () => {
  const rc = {
    spec: {
      replicas: 0,
      selector: { a: 'b' },
      template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    },
  };

  it.each([
    ['Foreground', ['foregroundDeletion'], 'DeletionRequested'],
    ['Orphan', ['orphan'], 'DeletionRequested'],
    ['Background', undefined, 'Deleted'],
    [undefined, ['orphan'], 'DeletionRequested'],
  ] as const)('of a ReplicationController with policy %s', (propagationPolicy, finalizers, fact) => {
    const at = cluster().given(create('replicationcontrollers', 'web', rc));
    expect(at.when(remove('replicationcontrollers', 'web', { propagationPolicy })).types).toEqual([
      `replicationcontrollers.${fact}`,
    ]);
    expect(at.get('replicationcontrollers', 'default', 'web')?.metadata.finalizers).toEqual(finalizers);
  });

  it('leaves the pods of a Job behind unless told otherwise, as those of a ReplicationController', () => {
    const spec = { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } };
    const at = cluster().given(create('jobs.batch', 'web', { spec }));
    expect(at.when(remove('jobs.batch', 'web')).types).toEqual(['jobs.batch.DeletionRequested']);
    expect(at.get('jobs.batch', 'default', 'web')?.metadata.finalizers).toEqual(['orphan']);
  });

  it('can be decided anew while the object waits', () => {
    const at = cluster().given(create('replicationcontrollers', 'web', rc));
    at.given(remove('replicationcontrollers', 'web', { propagationPolicy: 'Foreground' }));
    at.given(remove('replicationcontrollers', 'web', { propagationPolicy: 'Orphan' }));
    expect(at.get('replicationcontrollers', 'default', 'web')?.metadata.finalizers).toEqual(['orphan']);
    expect(at.when(remove('replicationcontrollers', 'web', { propagationPolicy: 'Background' })).types).toEqual([
      'replicationcontrollers.Deleted',
    ]);
  });
});

describe('deleting a namespace', () => {
  it('makes it terminating until its contents are gone', () => {
    const at = cluster().given(create('namespaces', 'old'));
    expect(at.when(remove('namespaces', 'old')).types).toEqual(['namespaces.DeletionRequested']);
    expect(at.get('namespaces', '', 'old')).toMatchObject({
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Terminating' },
    });
    const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'old' }, spec: {} };
    const finalize = { resource: 'namespaces', namespace: '', name: 'old', subresource: 'finalize', object } as const;
    expect(at.when({ type: 'ReplaceObject', data: finalize }).types).toEqual(['namespaces.Deleted']);
  });

  it.each(['default', 'kube-system', 'kube-public', 'kube-node-lease'])('called %s is refused', (name) => {
    const at = name === 'default' ? cluster() : cluster().given(create('namespaces', name));
    expect(at.when(remove('namespaces', name)).rejection).toEqual({
      code: 403,
      reason: 'Forbidden',
      message: `namespaces "${name}" is forbidden: this namespace may not be deleted`,
    });
  });
});

describe('deleting a priority class', () => {
  it('of the system is refused', () => {
    const resource = 'priorityclasses.scheduling.k8s.io';
    const at = cluster()
      .given(create(resource, 'system-node-critical', { value: 2_000_001_000 }))
      .given(create(resource, 'mine'));
    expect(at.when(remove(resource, 'system-node-critical')).rejection?.message).toBe(
      `${resource} "system-node-critical" is forbidden: this is a system priority class and cannot be deleted`,
    );
    expect(at.when(remove(resource, 'mine')).types).toEqual([`${resource}.Deleted`]);
  });
});

describe('deleting a collection', () => {
  const deleteAll = (labelSelector?: string) =>
    ({ type: 'DeleteCollection', data: { resource: 'configmaps', namespace: 'default', labelSelector } }) as const;

  it('deletes what the selector chooses, in one command', () => {
    const at = cluster()
      .given(create('configmaps', 'a', { metadata: { labels: { app: 'x' } } }))
      .given(create('configmaps', 'b', { metadata: { labels: { app: 'x' }, finalizers: ['example.org/wait'] } }))
      .given(create('configmaps', 'c'));
    const { types, reply } = at.when(deleteAll('app=x'));
    expect(types).toEqual(['configmaps.Deleted', 'configmaps.DeletionRequested']);
    expect(reply).toMatchObject({
      ok: true,
      results: [
        { ok: true, position: 5 },
        { ok: true, position: 6 },
      ],
    });
    expect(at.get('configmaps', 'default', 'c')).toBeDefined();
  });

  it('with a selector that is none is refused', () => {
    expect(cluster().when(deleteAll('a b c')).rejection?.code).toBe(400);
  });
});
