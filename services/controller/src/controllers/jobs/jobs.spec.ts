import { ADMINISTRATOR, type JobSpec, type JobStatus, type ObjectOf } from '@shiplog/contracts';
import { controllerOf } from '@shiplog/kube';
import { names, TestCluster } from '../../testing/cluster';
import { jobController } from './controller';
import { INDEX, INDEX_FAILURES, TRACKING } from './job-pods';
import { jobOrphanController } from './orphans';

const POD_SPEC = { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox' }] };

let cluster: TestCluster;
beforeEach(async () => {
  cluster = new TestCluster();
  await cluster.create('namespaces', { metadata: { name: 'default' } });
  await cluster.create('nodes', { metadata: { name: 'n1' } });
  cluster.run(jobController);
  cluster.run(jobOrphanController);
});
afterEach(() => cluster.stop());

async function start(spec: Partial<JobSpec> = {}, podSpec: object = {}): Promise<void> {
  await cluster.create('jobs.batch', {
    metadata: { name: 'work' },
    spec: { ...spec, template: { spec: { ...POD_SPEC, ...podSpec } } },
  });
  await cluster.settle();
}
const job = () => cluster.journal.get('jobs.batch', 'default', 'work');
const status = (): JobStatus => job()?.status ?? {};
const pods = () => cluster.journal.list('pods');
const running = () => pods().filter((pod) => pod.status?.phase !== 'Failed' && pod.status?.phase !== 'Succeeded');
const conditions = () =>
  (status().conditions ?? []).map(
    ({ type, status: is, reason }) => `${type}=${is}${reason === '' ? '' : `:${reason}`}`,
  );
const byIndex = (index: number) => running().find(({ metadata }) => metadata.annotations?.[INDEX] === `${index}`);
const indexes = () =>
  running()
    .map(({ metadata }) => Number(metadata.annotations?.[INDEX]))
    .sort();

async function end(pod: ObjectOf<'pods'> | undefined, code: number, type?: string): Promise<void> {
  const finishedAt = new Date(cluster.clock).toISOString().replace(/\.\d+/, '');
  await cluster.patch(
    'pods',
    pod?.metadata.name ?? '',
    {
      status: {
        phase: code === 0 ? 'Succeeded' : 'Failed',
        conditions: [
          { type: 'Ready', status: 'False', lastTransitionTime: finishedAt },
          ...(type === undefined ? [] : [{ type, status: 'True' }]),
        ],
        containerStatuses: [
          {
            name: 'main',
            image: 'busybox',
            imageID: '',
            ready: false,
            restartCount: 0,
            state: { terminated: { exitCode: code, finishedAt } },
          },
        ],
      },
    },
    'status',
  );
  await cluster.settle();
}
const bind = async () => {
  for (const { metadata, spec } of pods()) {
    if (spec?.nodeName !== undefined) continue;
    const { namespace = '', name, uid } = metadata;
    await cluster.send({ type: 'BindPods', data: { bindings: [{ namespace, name, uid, node: 'n1' }] } });
  }
};
/** Kubelets are done with the pods that are on their way out. */
const vanish = async () => {
  for (const { metadata } of pods()) {
    if (metadata.deletionTimestamp === undefined) continue;
    await cluster.delete('pods', metadata.name, { gracePeriodSeconds: 0 });
  }
  await cluster.settle();
};

describe('a Job', () => {
  it('runs pods until as many have succeeded as it asks for, never more at once than it allows', async () => {
    await start({ completions: 3, parallelism: 2 });
    expect(running()).toHaveLength(2);
    expect(status()).toMatchObject({ active: 2, ready: 0, terminating: 0, uncountedTerminatedPods: {} });
    await end(running()[0], 0);
    expect(running()).toHaveLength(2);
    expect(status()).toMatchObject({ active: 2, succeeded: 1 });
    await end(running()[0], 0);
    expect(running()).toHaveLength(1);
    await end(running()[0], 0);
    expect(status()).toMatchObject({
      succeeded: 3,
      completionTime: '2024-01-01T00:00:00Z',
      uncountedTerminatedPods: {},
    });
    expect(status().active).toBeUndefined();
    expect(conditions()).toEqual(['SuccessCriteriaMet=True:CompletionsReached', 'Complete=True:CompletionsReached']);
    expect(pods()).toHaveLength(3);
    expect(pods().every(({ metadata }) => metadata.finalizers === undefined)).toBe(true);
  });

  it('holds its pods by a finalizer, and has them of its template and selector', async () => {
    await start();
    const [pod] = pods();
    expect(pod?.metadata.finalizers).toEqual([TRACKING]);
    expect(pod?.metadata.labels).toMatchObject({ 'batch.kubernetes.io/job-name': 'work', 'job-name': 'work' });
    expect(controllerOf(pod)).toMatchObject({ kind: 'Job', name: 'work', blockOwnerDeletion: true });
    expect(pod?.metadata.name).toMatch(/^work-[a-z0-9]{5}$/);
  });

  it('without completions is done when one pod has succeeded and the others have ended', async () => {
    await start({ parallelism: 2 });
    await end(running()[0], 0);
    expect(running()).toHaveLength(1);
    expect(conditions()).toEqual([]);
    await end(running()[0], 1);
    expect(conditions()).toEqual(['SuccessCriteriaMet=True:CompletionsReached', 'Complete=True:CompletionsReached']);
    expect(status()).toMatchObject({ succeeded: 1, failed: 1 });
  });

  it('waits twice as long after each failure, and gives up after as many as it may have', async () => {
    await start({ backoffLimit: 2 });
    for (const wait of [10, 20]) {
      await end(running()[0], 1);
      expect(running()).toEqual([]);
      await cluster.pass(wait - 1);
      expect(running()).toEqual([]);
      await cluster.pass(1);
      expect(running()).toHaveLength(1);
    }
    await end(running()[0], 1);
    expect(status()).toMatchObject({ failed: 3, uncountedTerminatedPods: {} });
    expect(conditions()).toEqual(['FailureTarget=True:BackoffLimitExceeded', 'Failed=True:BackoffLimitExceeded']);
    expect(status().conditions?.[1]?.message).toBe('Job has reached the specified backoff limit');
    expect(status().completionTime).toBeUndefined();
    const quiet = cluster.log.length;
    await cluster.pass(3600);
    expect(cluster.log).toHaveLength(quiet);
  });

  it('counts what is started again in its pod, too', async () => {
    await start({ backoffLimit: 2 }, { restartPolicy: 'OnFailure' });
    await bind();
    const containerStatuses = [{ name: 'main', image: 'x', imageID: '', ready: false, restartCount: 2 }];
    await cluster.patch(
      'pods',
      pods()[0]?.metadata.name ?? '',
      { status: { phase: 'Running', containerStatuses } },
      'status',
    );
    await cluster.settle();
    expect(conditions()).toEqual(['FailureTarget=True:BackoffLimitExceeded']);
    expect(status()).toMatchObject({ failed: 1, terminating: 1 });
    await vanish();
    expect(conditions()).toEqual(['FailureTarget=True:BackoffLimitExceeded', 'Failed=True:BackoffLimitExceeded']);
    expect(status()).toMatchObject({ failed: 1, terminating: 0 });
  });

  it('ends at its deadline, with the pods that still run', async () => {
    await start({ parallelism: 2, completions: 2, activeDeadlineSeconds: 60 });
    await cluster.pass(59);
    expect(running()).toHaveLength(2);
    await cluster.pass(1);
    expect(pods()).toEqual([]);
    expect(status().failed).toBe(2);
    expect(conditions()).toEqual(['FailureTarget=True:DeadlineExceeded', 'Failed=True:DeadlineExceeded']);
  });

  it('rests while it is suspended, and begins anew when it goes on', async () => {
    await start({ suspend: true, activeDeadlineSeconds: 60 });
    expect(pods()).toEqual([]);
    expect(conditions()).toEqual(['Suspended=True:JobSuspended']);
    expect(status().startTime).toBeUndefined();
    await cluster.patch('jobs.batch', 'work', { spec: { suspend: false } });
    await cluster.settle();
    expect(running()).toHaveLength(1);
    expect(conditions()).toEqual(['Suspended=False:JobResumed']);
    expect(status().startTime).toBe('2024-01-01T00:00:00Z');
    await cluster.patch('jobs.batch', 'work', { spec: { suspend: true } });
    await cluster.settle();
    expect(pods()).toEqual([]);
    expect(status().failed).toBeUndefined();
    await cluster.pass(3600);
    await cluster.patch('jobs.batch', 'work', { spec: { suspend: false } });
    await cluster.settle();
    expect(status()).toMatchObject({ active: 1, startTime: '2024-01-01T01:00:00Z' });
    expect(conditions()).toEqual(['Suspended=False:JobResumed']);
  });

  it('is left alone where another manages it', async () => {
    await start({ managedBy: 'example.com/queue' });
    expect(pods()).toEqual([]);
    expect(status()).toEqual({});
  });

  it('replaces a pod that goes as soon as it goes, or when it has gone', async () => {
    await start({ podReplacementPolicy: 'Failed' });
    await bind();
    await cluster.delete('pods', running()[0]?.metadata.name ?? '');
    await cluster.settle();
    expect(running()).toHaveLength(1);
    expect(status()).toMatchObject({ terminating: 1 });
    await end(running()[0], 137);
    await cluster.pass(10);
    expect(status()).toMatchObject({ active: 1, failed: 1, terminating: 0 });
  });

  it('adopts and releases by its selector', async () => {
    const labels = { app: 'work' };
    await cluster.create('pods', { metadata: { name: 'orphan', labels }, spec: POD_SPEC });
    await cluster.create('jobs.batch', {
      metadata: { name: 'work' },
      spec: {
        manualSelector: true,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: POD_SPEC },
      },
    });
    await cluster.settle();
    expect(names(pods())).toEqual(['orphan']);
    expect(pods()[0]?.metadata.finalizers).toEqual([TRACKING]);
    await cluster.patch('pods', 'orphan', { metadata: { labels: { app: 'other' } } });
    await cluster.settle();
    const orphan = cluster.journal.get('pods', 'default', 'orphan');
    expect([controllerOf(orphan), orphan?.metadata.finalizers]).toEqual([undefined, undefined]);
    expect(pods()).toHaveLength(2);
  });

  it('lets its pods go when it is deleted', async () => {
    await start({ parallelism: 2 });
    await cluster.delete('jobs.batch', 'work', { propagationPolicy: 'Background' });
    await cluster.settle();
    expect(pods().map(({ metadata }) => metadata.finalizers)).toEqual([undefined, undefined]);
  });

  it('says why its pods are refused', async () => {
    await cluster.create('resourcequotas', { metadata: { name: 'none' }, spec: { hard: { pods: '0' } } });
    await start();
    await cluster.pass(1);
    expect(cluster.notes[0]).toMatchObject({ type: 'Warning', reason: 'FailedCreate', component: 'job-controller' });
  });
});

describe('a failure policy', () => {
  const rule = (action: string, onExitCodes: object) => ({ rules: [{ action, onExitCodes }] }) as never;
  const conditionRule = (action: string, type: string) =>
    ({ rules: [{ action, onPodConditions: [{ type, status: 'True' }] }] }) as never;

  it('ends the Job at an exit code', async () => {
    await start({
      parallelism: 2,
      completions: 2,
      podFailurePolicy: rule('FailJob', { operator: 'In', values: [42] }),
    });
    const [first] = running();
    await end(first, 42);
    const message = `Container main for pod default/${first?.metadata.name} failed with exit code 42 matching FailJob rule at index 0`;
    expect(status().conditions?.[1]).toMatchObject({ type: 'Failed', reason: 'PodFailurePolicy', message });
    expect(status().failed).toBe(2);
  });

  it('ends it at a condition', async () => {
    await start({ podFailurePolicy: conditionRule('FailJob', 'example.com/Broken') });
    const [first] = running();
    await end(first, 1, 'example.com/Broken');
    const message = `Pod default/${first?.metadata.name} has condition example.com/Broken matching FailJob rule at index 0`;
    expect(status().conditions?.[1]).toMatchObject({ reason: 'PodFailurePolicy', message });
  });

  it('ignores disruptions', async () => {
    await start({ backoffLimit: 0, podFailurePolicy: conditionRule('Ignore', 'DisruptionTarget') });
    await end(running()[0], 137, 'DisruptionTarget');
    await cluster.pass(10);
    expect(status()).toMatchObject({ active: 1, uncountedTerminatedPods: {} });
    expect(status().failed).toBeUndefined();
    await end(running()[0], 1);
    expect(conditions()).toContain('Failed=True:BackoffLimitExceeded');
  });

  it('ends an index', async () => {
    const podFailurePolicy = rule('FailIndex', { operator: 'NotIn', values: [1] });
    await start({
      completionMode: 'Indexed',
      completions: 2,
      parallelism: 2,
      backoffLimitPerIndex: 3,
      podFailurePolicy,
    });
    await end(byIndex(0), 2);
    expect(status()).toMatchObject({ failedIndexes: '0', active: 1 });
    await end(byIndex(1), 0);
    expect(conditions()).toEqual(['FailureTarget=True:FailedIndexes', 'Failed=True:FailedIndexes']);
    expect(status()).toMatchObject({ completedIndexes: '1', succeeded: 1, failed: 1 });
  });
});

describe('an indexed Job', () => {
  const indexed = (spec: Partial<JobSpec> = {}) =>
    start({ completionMode: 'Indexed', completions: 5, parallelism: 3, ...spec });

  it('gives each of its pods an index, by which it is called', async () => {
    await indexed();
    expect(indexes()).toEqual([0, 1, 2]);
    const pod = byIndex(1);
    expect(pod?.metadata.name).toMatch(/^work-1-[a-z0-9]{5}$/);
    expect(pod?.metadata.labels?.[INDEX]).toBe('1');
    expect(pod?.spec).toMatchObject({ hostname: 'work-1' });
    expect(pod?.spec?.containers[0]?.env).toMatchObject([
      { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef: { fieldPath: `metadata.labels['${INDEX}']` } } },
    ]);
  });

  it('has each succeed once, and says which have', async () => {
    await indexed();
    await end(byIndex(1), 0);
    await end(byIndex(0), 0);
    expect(indexes()).toEqual([2, 3, 4]);
    for (const index of [4, 2, 3]) await end(byIndex(index), 0);
    expect(status()).toMatchObject({ completedIndexes: '0-4', succeeded: 5 });
    expect(conditions()).toContain('Complete=True:CompletionsReached');
  });

  it('grows and shrinks with its completions', async () => {
    await indexed({ completions: 3 });
    await end(byIndex(2), 0);
    await cluster.patch('jobs.batch', 'work', { spec: { completions: 2, parallelism: 2 } });
    await cluster.settle();
    expect(indexes()).toEqual([0, 1]);
    expect(status().completedIndexes).toBeUndefined();
    await cluster.patch('jobs.batch', 'work', { spec: { completions: 4, parallelism: 4 } });
    await cluster.settle();
    expect(indexes()).toEqual([0, 1, 2, 3]);
  });

  it('counts failures of each index by itself, and each waits for itself', async () => {
    await indexed({ completions: 2, parallelism: 2, backoffLimitPerIndex: 1 });
    await end(byIndex(0), 1);
    expect(indexes()).toEqual([1]);
    await cluster.pass(10);
    expect(indexes()).toEqual([0, 1]);
    expect(byIndex(0)?.metadata.annotations?.[INDEX_FAILURES]).toBe('1');
    await end(byIndex(0), 1);
    await cluster.pass(60);
    expect(indexes()).toEqual([1]);
    expect(status()).toMatchObject({ failedIndexes: '0', failed: 2 });
    await end(byIndex(1), 0);
    expect(conditions()).toEqual(['FailureTarget=True:FailedIndexes', 'Failed=True:FailedIndexes']);
  });

  it('gives up when too many indexes have failed', async () => {
    await indexed({ backoffLimitPerIndex: 0, maxFailedIndexes: 1 });
    await end(byIndex(0), 1);
    expect(indexes()).toEqual([1, 2, 3]);
    await end(byIndex(2), 1);
    expect(conditions()).toEqual([
      'FailureTarget=True:MaxFailedIndexesExceeded',
      'Failed=True:MaxFailedIndexesExceeded',
    ]);
    expect(status()).toMatchObject({ failedIndexes: '0,2', failed: 4 });
  });

  it('is done early by its success policy, without the pods that still run', async () => {
    await indexed({ successPolicy: { rules: [{ succeededIndexes: '0,4', succeededCount: 1 }] } });
    await end(byIndex(1), 0);
    await end(byIndex(0), 0);
    expect(running()).toEqual([]);
    expect(status()).toMatchObject({ completedIndexes: '0,1', succeeded: 2 });
    expect(status().failed).toBeUndefined();
    expect(conditions()).toEqual(['SuccessCriteriaMet=True:SuccessPolicy', 'Complete=True:SuccessPolicy']);
    expect(status().conditions?.[1]?.message).toBe('Matched rules at index 0');
  });
});

it('makes and counts no pod twice when replies are lost and the projection is behind', async () => {
  let lost = 0;
  cluster.lagging = true;
  cluster.loseReply = (command) => command.actor !== ADMINISTRATOR && ++lost <= 5;
  await start({ completions: 3, parallelism: 3 }).catch(() => undefined);
  cluster.lagging = false;
  cluster.deliver();
  await cluster.settle();
  expect(pods()).toHaveLength(3);
  for (const pod of pods()) await end(pod, 0);
  expect(status().succeeded).toBe(3);
});
