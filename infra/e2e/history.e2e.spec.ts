import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import type { KubeObject, Pod } from '@shiplog/contracts';
import { TestCluster } from './support/cluster';
import { E2E_SLOT } from './support/place';

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
    const env = { ...process.env, SHIPLOG_HOME: cluster.home, SHIPLOG_SLOT: String(E2E_SLOT) };
    const bootstrap = resolve(__dirname, '../bootstrap.mjs');
    const { stdout } = await promisify(execFile)(process.execPath, [bootstrap, 'rebuild'], { env });
    expect(stdout).toMatch(/events\/s/);
    expect(stdout).toMatch(/equal|same/);
  });
});

function configMap(name: string): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '1' } };
}
