import type { ObjectOf } from '@shiplog/contracts';
import type { TestCluster } from '../../../testing/cluster';
import { targetOf } from '../placement';

export const templateOf = (image: string, spec: object = {}) => ({
  metadata: { labels: { app: 'agent' } },
  spec: { containers: [{ name: 'main', image }], ...spec },
});
export const setOf = (spec: object = {}) => ({
  metadata: { name: 'agent' },
  spec: { selector: { matchLabels: { app: 'agent' } }, template: templateOf('a'), ...spec },
});

export type Pod = ObjectOf<'pods'>;
export const podsOf = (cluster: TestCluster): readonly Pod[] => cluster.journal.list('pods', 'default');
export const setIn = (cluster: TestCluster) => cluster.journal.get('daemonsets.apps', 'default', 'agent')!;
export const imageOf = (pod: Pod | undefined) => pod?.spec?.containers[0]?.image;
export const staying = (cluster: TestCluster) =>
  podsOf(cluster).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
/** The nodes that have a pod of the set, or are to have one, in order; as often as they have one. */
export const nodesOf = (pods: readonly Pod[]) => pods.map((pod) => targetOf(pod)).sort();
