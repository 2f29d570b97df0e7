import type { StoredObject } from '@shiplog/contracts';
import fc from 'fast-check';
import { ClusterState } from './state';
import { referencesOf } from '@shiplog/admission';

const pod = (
  name: string,
  nodeName: string | undefined,
  maps: readonly string[],
  namespace = 'default',
): StoredObject =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { nodeName, containers: [], volumes: maps.map((map) => ({ name: map, configMap: { name: map } })) },
  }) as unknown as StoredObject;

describe('the nodes whose pods name a ConfigMap', () => {
  it('are found from the pods’ binding on, and no longer than they have such a pod', () => {
    const state = new ClusterState();
    const nodes = (namespace = 'default') => [...state.nodesNaming(namespace, 'configmaps/web')];
    state.put('pods', pod('there', 'n1', ['web', 'web']));
    expect(nodes()).toEqual(['n1']);
    state.put('pods', pod('unbound', undefined, ['web']));
    state.put('pods', pod('other', 'n2', ['db']));
    state.put('pods', pod('elsewhere', 'n3', ['web'], 'shop'));
    expect([nodes(), nodes('shop')]).toEqual([['n1'], ['n3']]);
    state.put('pods', pod('unbound', 'n1', ['web']));
    state.remove('pods', 'default', 'there');
    expect(nodes()).toEqual(['n1']);
    state.remove('pods', 'default', 'unbound');
    expect(nodes()).toEqual([]);
  });

  it('are those that a look at all pods finds, whatever has happened to them', () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const change = fc.record({
      name,
      node: fc.constantFrom(undefined, '', 'n1', 'n2'),
      maps: fc.array(name, { maxLength: 2 }),
      isGone: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
        const state = new ClusterState();
        for (const { name: called, node, maps, isGone } of changes) {
          if (isGone) state.remove('pods', 'default', called);
          else state.put('pods', pod(called, node, maps));
          for (const map of ['configmaps/a', 'configmaps/b']) {
            const found = state.list('pods', 'default').filter((item) => referencesOf(item).has(map));
            const wanted = new Set(found.map(({ spec }) => spec?.nodeName ?? '').filter((at) => at !== ''));
            expect(new Set(state.nodesNaming('default', map))).toEqual(wanted);
          }
        }
      }),
    );
  });
});
