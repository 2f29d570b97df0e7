import fc from 'fast-check';
import { ADMINISTRATOR } from '@shiplog/contracts';
import { controllerOf } from '@shiplog/kube';
import { REPLICA_SET } from '../../controllers/replica-sets/controller';
import { REPLICATION_CONTROLLER } from '../../controllers/replication/controller';
import type { TestCluster } from '../../testing/cluster';
import { historiesPatienceMs, holdThroughHistories } from '../../testing/histories';
import { isPodActive } from '../pods';
import { controllerOfReplicas } from './controller';

const POD_SPEC = { containers: [{ name: 'main', image: 'nginx' }] };
const MOST = 6;
const APPS = fc.constantFrom('a', 'b', 'none');

const wishes = fc.oneof(
  fc.record({ kind: fc.constant('scale' as const), name: fc.constantFrom('a', 'b'), to: fc.nat(MOST) }),
  fc.record({ kind: fc.constant('relabel' as const), nth: fc.nat(20), app: APPS }),
  fc.record({ kind: fc.constant('orphan' as const), app: APPS }),
);
const podOf = (name: string, app: string) => ({ metadata: { name, labels: { app } }, spec: POD_SPEC });
const strangers = (cluster: TestCluster) =>
  cluster.journal.list('pods').filter(({ metadata }) => metadata.name !== 'bystander');

describe.each([
  { row: REPLICATION_CONTROLLER, selectorOf: (app: string) => ({ app }) },
  {
    row: REPLICA_SET,
    selectorOf: (app: string) => ({ matchExpressions: [{ key: 'app', operator: 'In', values: [app] }] }),
  },
])('of every history: $row.kind', ({ row, selectorOf }) => {
  it(
    "settles at the pods asked for, makes no more than are missing, and never touches others' pods",
    () =>
      holdThroughHistories({
        controllers: () => [controllerOfReplicas('replicas', row as typeof REPLICA_SET)],
        edited: [row.resource, 'pods'],
        wishes,
        async begin(cluster) {
          await cluster.create('pods', podOf('bystander', 'bystander'));
          for (const app of ['a', 'b']) {
            const template = { metadata: { labels: { app } }, spec: POD_SPEC };
            const spec = { replicas: 1, selector: selectorOf(app), template };
            await cluster.create(row.resource, { metadata: { name: app }, spec });
          }
        },
        async grant(cluster, wish) {
          const pods = strangers(cluster);
          if (wish.kind === 'scale') await cluster.patch(row.resource, wish.name, { spec: { replicas: wish.to } });
          else if (wish.kind === 'orphan')
            await cluster.create('pods', podOf(`orphan-${cluster.log.length}`, wish.app));
          else if (pods.length > 0) {
            const labels = { app: wish.app };
            await cluster.patch('pods', pods[wish.nth % pods.length]!.metadata.name, { metadata: { labels } });
          }
        },
        always(cluster) {
          const last = cluster.log.at(-1);
          if (last?.resource !== 'pods' || last.fact !== 'Created' || last.actor === ADMINISTRATOR) return;
          for (const app of ['a', 'b']) expect(activeOf(cluster, app).length).toBeLessThanOrEqual(MOST);
        },
        atRest(cluster) {
          for (const owner of cluster.journal.list(row.resource)) {
            expect(activeOf(cluster, owner.metadata.name)).toHaveLength(owner.spec?.replicas ?? -1);
            expect(owner.status?.replicas).toBe(owner.spec?.replicas);
          }
          const touched = cluster.log.filter(({ name, actor }) => name === 'bystander' && actor !== ADMINISTRATOR);
          expect(touched).toEqual([]);
        },
      }),
    historiesPatienceMs(),
  );
});

function activeOf(cluster: TestCluster, owner: string) {
  return strangers(cluster).filter((pod) => controllerOf(pod)?.name === owner && isPodActive(pod));
}
