import type { KubeObject, Pod } from '@shiplog/contracts';
import { TestCluster } from './support/cluster';
import { rebuildAndCompare } from './support/rebuild';

describe('the past of a cluster', () => {
  const cluster = new TestCluster();
  afterAll(() => cluster.close());

  it('is read with resourceVersion and Exact, before a delete, through kubectl', async () => {
    await cluster.inNamespace('past', async (namespace) => {
      const create = (name: string) =>
        cluster.api.post<KubeObject>(`/api/v1/namespaces/${namespace}/configmaps`, configMap(name));
      await create('first');
      const second = await create('second');
      await cluster.kubectl('-n', namespace, 'delete', 'configmap', 'first');
      const at = second.metadata.resourceVersion;
      const path = `/api/v1/namespaces/${namespace}/configmaps?resourceVersion=${at}&resourceVersionMatch=Exact`;
      const past = JSON.parse(await cluster.kubectl('get', '--raw', path)) as {
        items: Pod[];
        metadata: { resourceVersion: string };
      };
      const names = past.items.map((item) => item.metadata?.name).filter((name) => name !== 'kube-root-ca.crt');
      expect(names).toEqual(['first', 'second']);
      expect(past.metadata.resourceVersion).toBe(at);
      expect(await cluster.kubectl('-n', namespace, 'get', 'configmaps', '-o', 'name')).not.toContain('first');
    });
  });

  it('is rebuilt from position 0 to the state that the journal has', async () => {
    const said = await rebuildAndCompare(cluster);
    expect(said).toMatch(/events\/s/);
    expect(said).toMatch(/equal|same/);
  });
});

function configMap(name: string): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '1' } };
}
