import { EVENT_FORMAT, type EventData, type LogEvent, type StoredObject } from '@shiplog/contracts';
import { FoldError } from './fold';
import { differing, hashCluster, hashesOf, hashResource } from './hash';
import { ClusterState } from './state';

const event = (position: number, fact: string, name: string, data: EventData, namespace = 'default'): LogEvent =>
  ({
    position,
    time: '2026-01-01T00:00:00.000Z',
    version: EVENT_FORMAT,
    resource: 'configmaps',
    fact,
    namespace,
    name,
    uid: name,
    node: '',
    actor: 'test',
    commandId: String(position),
    commandSeq: 0,
    data,
  }) as LogEvent;

const configMap = (name: string, namespace = 'default'): StoredObject =>
  ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, uid: name },
    data: { a: '1' },
  }) as unknown as StoredObject;

const created = (position: number, name: string, namespace = 'default') =>
  event(position, 'Created', name, { object: configMap(name, namespace) }, namespace);

describe('the state of a cluster', () => {
  it('an object has the position of its last event as its resourceVersion', () => {
    const state = new ClusterState();
    state.apply(created(7, 'one'));
    state.apply(event(9, 'SpecChanged', 'one', { changes: { data: { in: { b: { set: '2' } } } } }));
    expect(state.get('configmaps', 'default', 'one')).toMatchObject({
      metadata: { resourceVersion: '9' },
      data: { a: '1', b: '2' },
    });
  });

  it('an applied event tells the object before and after it', () => {
    const state = new ClusterState();
    state.apply(created(1, 'one'));
    const { before, after } = state.apply(event(2, 'Deleted', 'one', {}));
    expect(before?.metadata.resourceVersion).toBe('1');
    expect(after).toBeUndefined();
    expect(state.size('configmaps')).toBe(0);
  });

  it('refuses to change what is not there', () => {
    const change = event(1, 'SpecChanged', 'none', { changes: {} });
    expect(() => new ClusterState().apply(change)).toThrow(FoldError);
  });

  it('knows the pods of each node, whatever becomes of them, and before it is asked as after', () => {
    const pod = (name: string, nodeName?: string) =>
      ({ ...configMap(name), kind: 'Pod', spec: { nodeName } }) as unknown as StoredObject;
    const ofPod = (position: number, fact: string, name: string, data: EventData): LogEvent => ({
      ...event(position, fact, name, data),
      resource: 'pods',
    });
    const state = new ClusterState();
    const names = (node: string) => [...state.podsOf(node)].map(({ metadata }) => metadata.name).sort();
    state.apply(ofPod(1, 'Created', 'a', { object: pod('a', 'n1') }));
    state.put('pods', pod('b'));
    expect([names('n1'), names('n2'), names('')]).toEqual([['a'], [], []]);
    state.apply(ofPod(2, 'Scheduled', 'b', { changes: { spec: { in: { nodeName: { set: 'n1' } } } } }));
    state.apply(ofPod(3, 'StatusChanged', 'b', { changes: { status: { set: {} } } }));
    state.put('pods', pod('c', 'n2'));
    expect([names('n1'), names('n2')]).toEqual([['a', 'b'], ['c']]);
    expect([...state.podsOf('n1')]).toContain(state.get('pods', 'default', 'b'));
    state.put('pods', pod('c', 'n1'));
    state.apply(ofPod(4, 'Deleted', 'a', {}));
    state.remove('pods', 'default', 'b');
    expect([names('n1'), names('n2')]).toEqual([['c'], []]);
    expect([...state.copy().podsOf('n1')]).toEqual([...state.podsOf('n1')]);
  });

  it('lists by namespace and name, whatever the order of making, also after deletions', () => {
    const state = new ClusterState();
    state.apply(created(1, 'z', 'b'));
    state.apply(created(2, 'y', 'a'));
    expect(state.list('configmaps').map((c) => c.metadata.name)).toEqual(['y', 'z']);
    state.apply(created(3, 'x', 'a'));
    state.apply(created(4, 'w', 'a-b'));
    state.apply(event(5, 'Deleted', 'y', {}, 'a'));
    expect(state.list('configmaps').map((c) => c.metadata.name)).toEqual(['w', 'x', 'z']);
    expect(state.list('configmaps', 'a').map((c) => c.metadata.name)).toEqual(['x']);
  });

  it('hashes alike when it was folded and when it was loaded, in any order', () => {
    const folded = new ClusterState();
    folded.apply(created(1, 'one'));
    folded.apply(created(2, 'two'));
    const loaded = new ClusterState();
    for (const object of [...folded.values('configmaps')].reverse()) {
      loaded.put('configmaps', JSON.parse(JSON.stringify(object)));
    }
    expect(hashResource(loaded, 'configmaps')).toBe(hashResource(folded, 'configmaps'));
    expect(hashCluster(loaded)).toBe(hashCluster(folded));
  });

  it('hashes differently when one byte differs', () => {
    const item = new ClusterState();
    const other = new ClusterState();
    item.apply(created(1, 'one'));
    other.apply(created(1, 'one'));
    other.apply(event(2, 'SpecChanged', 'one', { changes: { data: { in: { a: { set: '2' } } } } }));
    expect(hashCluster(item)).not.toBe(hashCluster(other));
  });

  describe('of a kind that nobody declared', () => {
    const CRONTABS = 'crontabs.stable.example.com';
    const crontab = (position: number, type: string, data: EventData): LogEvent => ({
      ...event(position, type, 'nightly', data),
      resource: CRONTABS,
    });
    const appeared = (): ClusterState => {
      const state = new ClusterState();
      state.apply(created(1, 'one'));
      const object = { ...configMap('nightly'), apiVersion: 'stable.example.com/v1', kind: 'CronTab' };
      state.apply(crontab(2, 'Created', { object }));
      return state;
    };

    it('is folded, listed, copied and named like any other', () => {
      const state = appeared();
      state.apply(crontab(3, 'SpecChanged', { changes: { data: { in: { a: { set: '2' } } } } }));
      expect(state.copy().list(CRONTABS)).toMatchObject([{ kind: 'CronTab', data: { a: '2' } }]);
      expect(state.resources()).toEqual(['configmaps', CRONTABS]);
      expect(state.size()).toBe(2);
    });

    it('counts in the hash of everything while it has objects, and leaves no trace in it', () => {
      const before = new ClusterState();
      before.apply(created(1, 'one'));
      const state = appeared();
      expect(hashCluster(state)).not.toBe(hashCluster(before));
      expect(differing(hashesOf(state), hashesOf(before))).toEqual([CRONTABS]);
      state.apply(crontab(3, 'Deleted', {}));
      expect(hashCluster(state)).toBe(hashCluster(before));
      expect(differing(hashesOf(state), hashesOf(before))).toEqual([]);
    });

    it('is looked for in vain where there is none of it', () => {
      const state = new ClusterState();
      expect([state.get(CRONTABS, 'default', 'a'), state.list(CRONTABS), state.size(CRONTABS)]).toEqual([
        undefined,
        [],
        0,
      ]);
      state.remove(CRONTABS, 'default', 'a');
      expect([[...state.values(CRONTABS)], state.resources()]).toEqual([[], []]);
    });
  });

  it('a copy goes its own way', () => {
    const state = new ClusterState();
    state.apply(created(1, 'one'));
    const copy = state.copy();
    state.apply(event(2, 'Deleted', 'one', {}));
    expect(copy.size()).toBe(1);
  });
});
