import { ClusterState, hashResource, ViewFold } from '@shiplog/cluster';
import type { StoredObject, View } from '@shiplog/contracts';
import { Cursor } from './cursor';
import { Proof } from './prove';

const configMap = (name: string, resourceVersion = '1'): StoredObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', uid: name, resourceVersion, creationTimestamp: '2026-01-01T00:00:00Z' },
});
const cursors = [new Cursor({ resource: 'configmaps' }), new Cursor({ resource: 'pods' })];
const stateOf = (count: number): ClusterState => {
  const state = new ClusterState();
  for (let n = 0; n < count; n++) state.put('configmaps', configMap(`c-${n}`));
  return state;
};

describe('a proof', () => {
  it('is of the state when it was asked for, whatever comes while it goes on', async () => {
    const state = stateOf(1_000);
    const verdict = new Proof().of(state, cursors, { configmaps: hashResource(stateOf(1_000), 'configmaps') });
    let turns = 0;
    const meanwhile = setInterval(() => state.put('configmaps', configMap(`c-${turns++}`, '2')), 0);
    expect(await verdict).toEqual({ proved: 1, wrong: [] });
    clearInterval(meanwhile);
  });

  it('lets other work go on between its parts', async () => {
    const verdict = new Proof().of(stateOf(2_000), cursors, { configmaps: 'another' });
    let isJudged = false;
    void verdict.then(() => (isJudged = true));
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    expect(isJudged).toBe(false);
    expect(await verdict).toEqual({ proved: 0, wrong: [cursors[0]] });
  });

  it('goes on alone, and judges only what it is told of', async () => {
    const proof = new Proof();
    const state = stateOf(500);
    const hashes = { pods: hashResource(state, 'pods') };
    const first = proof.of(state, cursors, { ...hashes, configmaps: 'another' });
    expect(await proof.of(state, cursors, hashes)).toBeUndefined();
    expect(await first).toEqual({ proved: 1, wrong: [cursors[0]] });
    expect(await proof.of(state, cursors, {})).toBeUndefined();
    expect(await proof.of(state, cursors, hashes)).toEqual({ proved: 1, wrong: [] });
  });

  it('by the hashes of whole objects says nothing of those of which a part is kept', async () => {
    const view: View = { name: 'spec', resources: { configmaps: { fields: { metadata: {} } } } };
    const hashes = { configmaps: 'another', pods: hashResource(stateOf(0), 'pods') };
    expect(await new Proof(new ViewFold(view)).of(stateOf(1), cursors, hashes)).toEqual({ proved: 1, wrong: [] });
  });
});
