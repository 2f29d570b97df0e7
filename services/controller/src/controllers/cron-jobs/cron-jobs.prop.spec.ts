import fc from 'fast-check';
import { controllerOf, isConditionTrue, kubernetesTime } from '@shiplog/kube';
import { names, type TestCluster } from '../../testing/cluster';
import { historiesPatienceMs, holdThroughHistories } from '../../testing/histories';
import { isJobFinished } from '../jobs/ending';
import type { StoredJob } from '../jobs/tally';
import { cronJobController } from './controller';
import { scheduledAt } from './status';
import type { StoredCronJob } from './timing';

const JOB = {
  spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox' }] } } },
};
const POLICIES = ['Allow', 'Forbid', 'Replace'] as const;

const name = fc.constantFrom(...POLICIES.map((policy) => policy.toLowerCase()));
const wishes = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('end' as const), nth: fc.nat(20), well: fc.boolean() }) },
  fc.record({ kind: fc.constant('suspend' as const), name, suspend: fc.boolean() }),
  fc.record({
    kind: fc.constant('schedule' as const),
    name,
    schedule: fc.constantFrom('*/7 * * * *', '0 3 * * *', '@every 90s'),
  }),
  fc.record({ kind: fc.constant('delete' as const), nth: fc.nat(20) }),
);
type Wish = typeof wishes extends fc.Arbitrary<infer W> ? W : never;

it(
  'CronJobs make each Job once and for its time, in any history, and no two at once where that is not wanted',
  () =>
    holdThroughHistories<Wish>({
      controllers: () => [cronJobController],
      edited: ['cronjobs.batch', 'jobs.batch'],
      wishes,
      async begin(cluster) {
        for (const concurrencyPolicy of POLICIES) {
          const spec = { schedule: '*/5 * * * *', concurrencyPolicy, jobTemplate: JOB };
          await cluster.create('cronjobs.batch', { metadata: { name: concurrencyPolicy.toLowerCase() }, spec });
        }
      },
      grant,
      always: noTwoAtOnce,
      async end(cluster) {
        for (const { metadata } of cluster.journal.list('cronjobs.batch')) {
          await cluster.patch('cronjobs.batch', metadata.name, { spec: { suspend: true } });
        }
      },
      atRest(cluster) {
        eachOnce(cluster);
        for (const cronJob of cluster.journal.list('cronjobs.batch')) isKept(cluster, cronJob);
      },
    }),
  historiesPatienceMs(),
);

async function grant(cluster: TestCluster, wish: Wish): Promise<void> {
  if (wish.kind === 'suspend') return cluster.patch('cronjobs.batch', wish.name, { spec: { suspend: wish.suspend } });
  if (wish.kind === 'schedule')
    return cluster.patch('cronjobs.batch', wish.name, { spec: { schedule: wish.schedule } });
  const jobs = cluster.journal.list('jobs.batch');
  const job = jobs[wish.nth % Math.max(jobs.length, 1)];
  if (job === undefined) return;
  if (wish.kind === 'delete')
    return cluster.delete('jobs.batch', job.metadata.name, { propagationPolicy: 'Background' });
  if (isJobFinished(job)) return;
  const time = kubernetesTime(cluster.clock);
  const types = wish.well ? ['SuccessCriteriaMet', 'Complete'] : ['FailureTarget', 'Failed'];
  const status = {
    startTime: time,
    ...(wish.well && { completionTime: time }),
    conditions: types.map((type) => ({ type, status: 'True', lastTransitionTime: time })),
  };
  return cluster.patch('jobs.batch', job.metadata.name, { status }, 'status');
}

function noTwoAtOnce(cluster: TestCluster): void {
  for (const { metadata, spec } of cluster.journal.list('cronjobs.batch')) {
    const running = cluster.journal.controlledBy('jobs.batch', metadata.uid).filter((job) => !isJobFinished(job));
    if (spec?.concurrencyPolicy !== 'Allow' && running.length > 1) {
      throw new Error(`${metadata.name} runs ${names(running).join()} at once`);
    }
  }
}

function eachOnce(cluster: TestCluster): void {
  const made = cluster.log.flatMap(({ resource, fact, data }) => {
    if (resource !== 'jobs.batch' || fact !== 'Created') return [];
    const job = data.object as StoredJob;
    return `${controllerOf(job)?.name ?? ''} at ${scheduledAt(job) ?? 0}`;
  });
  expect(made.filter((job, i) => made.indexOf(job) < i)).toEqual([]);
}

/** The status names the Jobs that run, and of the others no more are left than are to be kept. */
function isKept(cluster: TestCluster, { metadata, spec, status }: StoredCronJob): void {
  const jobs = cluster.journal.controlledBy('jobs.batch', metadata.uid);
  const active = (status?.active ?? []).map(({ name = '' }) => name).sort();
  expect([metadata.name, active]).toEqual([metadata.name, names(jobs.filter((job) => !isJobFinished(job)))]);
  const of = (type: string): number => jobs.filter((job) => isConditionTrue(job, type)).length;
  expect(of('Complete')).toBeLessThanOrEqual(spec?.successfulJobsHistoryLimit ?? 0);
  expect(of('Failed')).toBeLessThanOrEqual(spec?.failedJobsHistoryLimit ?? 0);
}
