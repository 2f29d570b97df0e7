import type { CronJobSpec, ObjectOf } from '@shiplog/contracts';
import { CRON_SCHEDULED_AT } from '@shiplog/kube';
import { momentOf } from '../../runtime/domain/controller';
import { names, TestCluster } from '../../testing/cluster';
import { at, bare, EPOCH } from '../../testing/objects';
import { cronJobController } from './controller';
import { decideCronJob } from './decide';

const JOB = {
  metadata: { labels: { team: 'blue' }, annotations: { note: 'kept' } },
  spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox' }] } } },
};
/** Minutes since 1970 of the specs' first moment: Jobs are called by them. */
const FIRST = EPOCH / 60_000;

let cluster: TestCluster;
beforeEach(async () => {
  cluster = new TestCluster();
  await cluster.create('namespaces', { metadata: { name: 'default' } });
  cluster.run(cronJobController);
});
afterEach(() => cluster.stop());

async function start(spec: Partial<CronJobSpec> = {}): Promise<void> {
  await cluster.create('cronjobs.batch', {
    metadata: { name: 'tick' },
    spec: { schedule: '* * * * *', jobTemplate: JOB, ...spec },
  });
  await cluster.settle();
}
const jobs = () => cluster.journal.list('jobs.batch');
const status = () => cluster.journal.get('cronjobs.batch', 'default', 'tick')?.status ?? {};
const reasons = () => [...new Set(cluster.notes.map(({ reason }) => reason))];
const minutes = () =>
  jobs()
    .map(({ metadata }) => Number(metadata.name.slice('tick-'.length)) - FIRST)
    .sort((a, b) => a - b);

async function end(minute: number, type: 'Complete' | 'Failed'): Promise<void> {
  const time = momentOf(cluster.clock).time;
  const before = type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget';
  await cluster.patch(
    'jobs.batch',
    `tick-${FIRST + minute}`,
    {
      status: {
        startTime: time,
        ...(type === 'Complete' && { completionTime: time }),
        conditions: [before, type].map((name) => ({ type: name, status: 'True', lastTransitionTime: time })),
      },
    },
    'status',
  );
  await cluster.settle();
}

describe('a CronJob', () => {
  it('makes a Job of its template at each of its times, called by the minute', async () => {
    await start();
    expect(jobs()).toEqual([]);
    await cluster.pass(60);
    const [job] = jobs();
    expect(job?.metadata).toMatchObject({
      name: `tick-${FIRST + 1}`,
      labels: { team: 'blue' },
      annotations: { note: 'kept', [CRON_SCHEDULED_AT]: '2024-01-01T00:01:00Z' },
      ownerReferences: [{ kind: 'CronJob', name: 'tick', controller: true }],
    });
    expect(status()).toMatchObject({
      lastScheduleTime: '2024-01-01T00:01:00Z',
      active: [{ kind: 'Job', uid: job?.metadata.uid }],
    });
    await cluster.pass(30);
    expect(minutes()).toEqual([1]);
    await cluster.pass(30);
    expect(minutes()).toEqual([1, 2]);
    await end(1, 'Complete');
    expect(status()).toMatchObject({
      lastSuccessfulTime: '2024-01-01T00:02:00Z',
      active: [{ name: `tick-${FIRST + 2}` }],
    });
  });

  it('looks again by itself when its next time comes', async () => {
    const cronJob = bare('cronjobs.batch', 'tick', {}, { spec: { schedule: '*/5 * * * *', jobTemplate: JOB } });
    const decided = decideCronJob({ cronJob, jobs: [], now: momentOf(EPOCH + 60_000), isTaken: () => false });
    expect(decided).toMatchObject({ commands: [], requeueAfterMs: 240_100 });
  });

  it('follows the clocks of its time zone', async () => {
    await start({ schedule: '30 9 * * *', timeZone: 'Asia/Kolkata' });
    await cluster.pass(4 * 3600 - 1);
    expect(jobs()).toEqual([]);
    await cluster.pass(1);
    expect(jobs()[0]?.metadata.annotations?.[CRON_SCHEDULED_AT]).toBe('2024-01-01T09:30:00+05:30');
  });

  it('catches up with the last time only, and warns when it has missed many', async () => {
    await start();
    await cluster.pass(3600 * 3);
    expect(minutes()).toEqual([180]);
    expect(cluster.notes.map(({ reason, message }) => `${reason}: ${message}`)).toContain(
      'TooManyMissedTimes: too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
    );
  });

  it('starts nothing later than its deadline allows', async () => {
    await start({ schedule: '0 * * * *', startingDeadlineSeconds: 60 });
    await cluster.pass(3600 + 61);
    expect(jobs()).toEqual([]);
    expect(cluster.notes[0]).toMatchObject({
      reason: 'MissSchedule',
      message: 'Missed scheduled time to start a job: Mon, 01 Jan 2024 01:00:00 UTC',
    });
    await cluster.pass(3599);
    expect(minutes()).toEqual([120]);
  });

  it('runs no two at once where that is forbidden', async () => {
    await start({ concurrencyPolicy: 'Forbid' });
    await cluster.pass(60);
    await cluster.pass(60);
    expect(minutes()).toEqual([1]);
    expect(cluster.notes[0]).toMatchObject({
      type: 'Normal',
      reason: 'JobAlreadyActive',
      component: 'cronjob-controller',
    });
    await end(1, 'Complete');
    expect(minutes()).toEqual([1, 2]);
  });

  it('replaces the one that runs where that is wanted', async () => {
    await start({ concurrencyPolicy: 'Replace' });
    await cluster.pass(60);
    await cluster.pass(60);
    expect(minutes()).toEqual([2]);
    expect(status().active).toHaveLength(1);
    expect(reasons()).toEqual([]);
  });

  it('starts nothing while it is suspended', async () => {
    await start({ suspend: true });
    await cluster.pass(120);
    expect(jobs()).toEqual([]);
    await cluster.patch('cronjobs.batch', 'tick', { spec: { suspend: false } });
    await cluster.settle();
    expect(minutes()).toEqual([2]);
  });

  it('keeps the latest Jobs of each end', async () => {
    await start({ successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 1 });
    for (const [i, type] of (['Failed', 'Complete', 'Complete', 'Failed'] as const).entries()) {
      await cluster.pass(60);
      await end(i + 1, type);
    }
    expect(minutes()).toEqual([3, 4]);
  });

  it('leaves Jobs that a user makes of it out of its count', async () => {
    await start({ schedule: '0 0 1 1 *', concurrencyPolicy: 'Forbid' });
    const { apiVersion, kind, metadata } = cluster.journal.get(
      'cronjobs.batch',
      'default',
      'tick',
    ) as ObjectOf<'cronjobs.batch'>;
    const ownerReferences = [{ apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true }];
    const annotations = { 'cronjob.kubernetes.io/instantiate': 'manual' };
    await cluster.create('jobs.batch', { ...JOB, metadata: { name: 'by-hand', annotations, ownerReferences } });
    await cluster.settle();
    expect(status()).toEqual({});
    expect(cluster.notes[0]).toMatchObject({
      reason: 'UnexpectedJob',
      message: 'Saw a job that the controller did not create or forgot: by-hand',
    });
  });

  it("leaves another's Job of the name alone", async () => {
    await cluster.create('jobs.batch', { ...JOB, metadata: { name: `tick-${FIRST + 1}` } });
    await start();
    await cluster.pass(60);
    expect(names(jobs())).toEqual([`tick-${FIRST + 1}`]);
    expect(status()).toEqual({});
    await cluster.pass(60);
    expect(minutes()).toEqual([1, 2]);
  });

  it('says of one that runs no more that it is missing', async () => {
    await start();
    await cluster.pass(60);
    await cluster.delete('jobs.batch', `tick-${FIRST + 1}`, { propagationPolicy: 'Background' });
    await cluster.settle();
    expect(reasons()).toEqual(['MissingJob']);
    expect(status()).toEqual({ lastScheduleTime: '2024-01-01T00:01:00Z' });
    expect(jobs()).toEqual([]);
  });
});

it.each([
  [{ schedule: '0 0 31 2 *' }, 'InvalidSchedule'],
  [{ schedule: 'nonsense' }, 'UnparseableSchedule'],
  [{ schedule: '* * * * *', timeZone: 'Mars/Base' }, 'UnknownTimeZone'],
])('a schedule that cannot be followed is told of, once for each look at it: %j', (spec, reason) => {
  const cronJob = bare('cronjobs.batch', 'tick', { creationTimestamp: at(0) }, { spec: { ...spec, jobTemplate: JOB } });
  const { commands, notes, requeueAfterMs } = decideCronJob({
    cronJob,
    jobs: [],
    now: momentOf(EPOCH),
    isTaken: () => false,
  });
  expect([commands, notes?.map((note) => note.reason), requeueAfterMs]).toEqual([[], [reason], undefined]);
});
