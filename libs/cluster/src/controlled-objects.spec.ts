import type { StoredObject } from '@shiplog/contracts';
import fc from 'fast-check';
import { controllerOf } from '@shiplog/kube';
import { ClusterState } from './state';

const pod = (name: string, owner: string | undefined, namespace = 'default'): StoredObject =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid: name,
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      ownerReferences: [
        { apiVersion: 'v1', kind: 'Note', name: 'n', uid: 'not-controlling' },
        ...(owner === undefined
          ? []
          : [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid: owner, controller: true }]),
      ],
    },
  }) as unknown as StoredObject;
const names = (objects: readonly { metadata: { name: string } }[]) => objects.map(({ metadata }) => metadata.name);

describe('the pods of a controller', () => {
  it('are found by its uid, by their names, whatever has happened to them and however the state came to be', () => {
    const owner = fc.constantFrom(undefined, 'x', 'y');
    const change = fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), owner, isGone: fc.boolean() });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
        const state = new ClusterState();
        for (const { name, owner, isGone } of changes) {
          if (isGone) state.remove('pods', 'default', name);
          else state.put('pods', pod(name, owner));
          for (const uid of ['x', 'y']) {
            const wanted = state.list('pods').filter((object) => controllerOf(object)?.uid === uid);
            expect(state.controlledBy('pods', uid)).toEqual(wanted);
          }
          expect(state.uncontrolled('pods', 'default')).toEqual(
            state.list('pods', 'default').filter((object) => controllerOf(object) === undefined),
          );
          expect(state.copy().controlledBy('pods', 'x')).toEqual(state.controlledBy('pods', 'x'));
        }
      }),
    );
  });

  it('without one are those of a namespace', () => {
    const state = new ClusterState();
    state.put('pods', pod('b', undefined));
    state.put('pods', pod('a', undefined));
    state.put('pods', pod('c', undefined, 'shop'));
    expect([names(state.uncontrolled('pods', 'default')), names(state.uncontrolled('pods', 'shop'))]).toEqual([
      ['a', 'b'],
      ['c'],
    ]);
  });

  it('are not looked for among what controllers make none of', () => {
    expect(() => new ClusterState().controlledBy('configmaps', 'x')).toThrow(
      'configmaps are not found by their controller',
    );
  });
});
