import type { BuiltIn } from '@shiplog/contracts';
import { DaemonSetController } from './controllers/daemon-sets/controller';
import { deploymentController } from './controllers/deployments/controller';
import { jobController } from './controllers/jobs/controller';
import { replicaSetController } from './controllers/replica-sets/controller';
import { replicationController } from './controllers/replication/controller';
import { StatefulSetController } from './controllers/stateful-sets/controller';
import type { Controller } from './runtime/domain/controller';
import { runPods } from './testing/accidents';
import { TestCluster } from './testing/cluster';

const LABELS = { app: 'web' };
const TEMPLATE = { metadata: { labels: LABELS }, spec: { containers: [{ name: 'main', image: 'web:1' }] } };
const SET = { selector: { matchLabels: LABELS }, template: TEMPLATE };
const JOB = { ...TEMPLATE, spec: { ...TEMPLATE.spec, restartPolicy: 'Never' } };

interface Case {
  readonly resource: BuiltIn;
  readonly controllers: () => readonly Controller[];
  readonly spec: object;
  readonly change: object;
  /** What is true of its pods after the change. */
  readonly counts: Readonly<Record<string, number>>;
}

const CASES: readonly Case[] = [
  {
    resource: 'replicationcontrollers',
    controllers: () => [replicationController],
    spec: { replicas: 1, selector: LABELS, template: TEMPLATE },
    change: { replicas: 2 },
    counts: { readyReplicas: 2, availableReplicas: 2 },
  },
  {
    resource: 'replicasets.apps',
    controllers: () => [replicaSetController],
    spec: { replicas: 1, ...SET },
    change: { replicas: 2 },
    counts: { readyReplicas: 2, availableReplicas: 2 },
  },
  {
    resource: 'deployments.apps',
    controllers: () => [deploymentController, replicaSetController],
    spec: { replicas: 1, ...SET },
    change: { replicas: 2 },
    counts: { readyReplicas: 2, availableReplicas: 2 },
  },
  {
    resource: 'statefulsets.apps',
    controllers: () => [new StatefulSetController()],
    spec: { replicas: 1, serviceName: 'web', ...SET },
    change: { replicas: 2 },
    counts: { readyReplicas: 2, availableReplicas: 2 },
  },
  {
    resource: 'daemonsets.apps',
    controllers: () => [new DaemonSetController()],
    spec: SET,
    change: { minReadySeconds: 1 },
    counts: { numberReady: 3, numberAvailable: 3 },
  },
  {
    resource: 'jobs.batch',
    controllers: () => [jobController],
    spec: { parallelism: 1, completions: 5, template: JOB },
    change: { parallelism: 2 },
    counts: { active: 2, ready: 2 },
  },
];

describe('The controllers of pods', () => {
  it.each(CASES)(
    'leave a condition of a user’s own in the status of $resource, and put right its counts',
    async (each) => {
      const { resource, controllers, spec, change, counts } = each;
      const cluster = new TestCluster();
      await cluster.create('namespaces', { metadata: { name: 'default' } });
      for (const name of ['node-1', 'node-2', 'node-3']) await cluster.create('nodes', { metadata: { name } });
      for (const controller of controllers()) cluster.run(controller);
      const rest = async (): Promise<void> => {
        for (let before = -1; before !== cluster.log.length;) {
          before = cluster.log.length;
          await cluster.settle();
          await runPods(cluster, false);
          await cluster.pass(1);
        }
      };
      await cluster.create(resource, { metadata: { name: 'web' }, spec });
      await rest();

      const mine = { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from a test' };
      await cluster.patch(resource, 'web', { status: { conditions: [mine] } }, 'status');
      await rest();
      const wrong = Object.fromEntries(Object.keys(counts).map((count) => [count, 0]));
      await cluster.patch(resource, 'web', { status: wrong }, 'status');
      await rest();
      await cluster.patch(resource, 'web', { spec: change });
      await rest();

      const conditions = expect.arrayContaining([expect.objectContaining(mine)]) as unknown;
      expect(cluster.journal.get(resource, 'default', 'web')?.['status']).toMatchObject({ ...counts, conditions });
      await cluster.stop();
    },
  );
});
