import { cluster, create, createPod, remove, TestCluster } from './testing/given';

describe('creating an object', () => {
  it('makes one event that holds the object with name, uid and time', () => {
    const { types, events, reply } = cluster().when(create('configmaps', 'settings', { data: { a: '1' } }));
    expect(types).toEqual(['configmaps.Created']);
    expect(events[0]?.data.object).toMatchObject({
      metadata: { name: 'settings', namespace: 'default', uid: 'uid-2', creationTimestamp: '2026-01-01T00:00:02Z' },
      data: { a: '1' },
    });
    const key = { resource: 'configmaps', namespace: 'default', name: 'settings' };
    expect(reply).toMatchObject({ ok: true, position: 2, events: 1, key, uid: 'uid-2' });
  });

  it('completes a generated name, which the reply tells', () => {
    const { reply } = cluster().when(
      create('configmaps', '', { metadata: { name: undefined, generateName: 'conf-' } }),
    );
    expect(reply).toMatchObject({ ok: true, key: { name: expect.stringMatching(/^conf-[a-z0-9]{5}$/) as string } });
  });

  it('refuses a name that is taken', () => {
    const { rejection, events } = cluster().given(create('configmaps', 'a')).when(create('configmaps', 'a'));
    expect(rejection).toEqual({ code: 409, reason: 'AlreadyExists', message: 'configmaps "a" already exists' });
    expect(events).toEqual([]);
  });

  it('says so when the one that has the name is on its way out', () => {
    const at = cluster().given(create('configmaps', 'a', { metadata: { finalizers: ['example.org/wait'] } }));
    expect(at.given(remove('configmaps', 'a')).when(create('configmaps', 'a')).rejection?.message).toBe(
      'object is being deleted: configmaps "a" already exists',
    );
  });

  it('refuses a namespace that is not there', () => {
    expect(new TestCluster().when(create('configmaps', 'a')).rejection).toEqual({
      code: 404,
      reason: 'NotFound',
      message: 'namespaces "default" not found',
    });
  });

  it('refuses a namespace that is being deleted', () => {
    const at = cluster().given(create('namespaces', 'old')).given(remove('namespaces', 'old'));
    expect(at.when(create('configmaps', 'a', {}, 'old')).rejection).toEqual({
      code: 403,
      reason: 'Forbidden',
      message:
        'configmaps "a" is forbidden: unable to create new content in namespace old because it is being terminated',
    });
  });

  it('with dryRun shows the object and logs nothing', () => {
    const at = cluster();
    const asked = createPod('web');
    if (asked.type !== 'CreateObject') throw new Error('not a create');
    const { reply, events } = at.when({ ...asked, data: { ...asked.data, dryRun: true } });
    expect(events).toEqual([]);
    expect(reply).toMatchObject({
      ok: true,
      events: 0,
      object: { metadata: { name: 'web' }, status: { phase: 'Pending' } },
    });
    expect(at.get('pods', 'default', 'web')).toBeUndefined();
  });

  it('puts a pod that names its node into that node’s channel', () => {
    expect(cluster('n1').when(createPod('static', { nodeName: 'n1' })).events[0]?.node).toBe('n1');
  });
});
