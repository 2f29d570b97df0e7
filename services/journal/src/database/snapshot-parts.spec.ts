import { ClusterState } from '@shiplog/cluster';
import type { ResourceId, StoredObject } from '@shiplog/contracts';
import { objectsOfPart, partsOfState } from './snapshot-parts';

const object = (kind: string, name: string, text = ''): StoredObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'default', uid: name, resourceVersion: '1', creationTimestamp: '' },
  text,
});

async function readBack(state: ClusterState): Promise<{ parts: number; objects: [ResourceId, string][] }> {
  const objects: [ResourceId, string][] = [];
  let parts = 0;
  for await (const part of partsOfState(state)) {
    parts++;
    for (const [resource, { metadata }] of await objectsOfPart(part)) objects.push([resource, metadata.name]);
  }
  return { parts, objects };
}

describe('a state in parts', () => {
  it('has all objects, also of a kind that nobody declared', async () => {
    const state = new ClusterState();
    const crontabs = 'crontabs.stable.example.com';
    state.put(crontabs, object('CronTab', 'nightly'));
    state.put('configmaps', object('ConfigMap', 'a'));
    expect(await readBack(state)).toEqual({
      parts: 1,
      objects: [
        ['configmaps', 'a'],
        [crontabs, 'nightly'],
      ],
    });
  });

  it('is cut into parts of a bounded length, none of them empty', async () => {
    const state = new ClusterState();
    for (let i = 0; i < 10; i++) state.put('configmaps', object('ConfigMap', `a${i}`, 'x'.repeat(100_000)));
    const { parts, objects } = await readBack(state);
    expect(parts).toBe(4);
    expect(objects).toHaveLength(10);
    expect(await readBack(new ClusterState())).toEqual({ parts: 0, objects: [] });
  });
});
