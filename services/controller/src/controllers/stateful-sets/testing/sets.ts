import type { ObjectOf } from '@shiplog/contracts';
import type { TestCluster } from '../../../testing/cluster';

export const templateOf = (image: string) => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'main', image }] },
});
export const setOf = (replicas: number, spec: object = {}) => ({
  metadata: { name: 'web' },
  spec: { replicas, serviceName: 'web', selector: { matchLabels: { app: 'web' } }, template: templateOf('a'), ...spec },
});
export const CLAIMS = {
  volumeClaimTemplates: [
    {
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    },
  ],
};

export type Pod = ObjectOf<'pods'>;
export const podsOf = (cluster: TestCluster): readonly Pod[] => cluster.journal.list('pods', 'default');
export const podOf = (cluster: TestCluster, name: string): Pod | undefined =>
  cluster.journal.get('pods', 'default', name);
export const setIn = (cluster: TestCluster) => cluster.journal.get('statefulsets.apps', 'default', 'web')!;
export const imageOf = (pod: Pod | undefined) => pod?.spec?.containers[0]?.image;
export const claimsIn = (cluster: TestCluster) => cluster.journal.list('persistentvolumeclaims', 'default');
export const revisionsIn = (cluster: TestCluster) =>
  [...cluster.journal.list('controllerrevisions.apps', 'default')].sort((a, b) => a.revision - b.revision);
