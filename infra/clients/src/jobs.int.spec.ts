import { eventually } from '@shiplog/testing';
import { BUSYBOX } from '../../../services/kubelet/src/testing/test-engine';
import { KubectlSession } from './kubectl-session';
import { findKubectls } from './kubectls';
import { NodeRig } from './node-rig';

const [client] = findKubectls().present.slice(-1);

let node: NodeRig;
beforeAll(async () => {
  node = await NodeRig.start();
});
afterAll(() => node?.stop());

const templateOf = (script: string) => ({
  spec: {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'main', image: BUSYBOX, command: ['/busybox', 'sh', '-c', script] }],
  },
});
const jobOf = (name: string, script: string, spec: object = {}) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name },
  spec: { ...spec, template: templateOf(script) },
});
const onExit = { action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } };
const JOBS = [
  jobOf('plain', 'exit 0', { completions: 3, parallelism: 2 }),
  jobOf('indexed', 'echo "$JOB_COMPLETION_INDEX of $(/busybox hostname)"', {
    completionMode: 'Indexed',
    completions: 3,
    parallelism: 3,
  }),
  jobOf('failing', 'exit 1', { backoffLimit: 0 }),
  jobOf('policy', 'exit 42', { backoffLimit: 6, podFailurePolicy: { rules: [onExit] } }),
  jobOf('paused', 'exec /busybox sleep 1000', { suspend: true }),
  jobOf('late', 'exec /busybox sleep 1000', { activeDeadlineSeconds: 2 }),
  jobOf('brief', 'exit 0', { ttlSecondsAfterFinished: 1 }),
];
const LIST = { apiVersion: 'v1', kind: 'List', items: JOBS };

describe.each(client === undefined ? [] : [[client.version, client] as const])('kubectl %s', (_, kubectl) => {
  const my = new KubectlSession(() => node.rig, kubectl, 'jobs');
  const ended = (name: string, type: string): Promise<string> =>
    my.run(`wait --for=condition=${type} job/${name} --timeout=30s`);
  const conditions = (name: string): Promise<string> =>
    my.run(`get job ${name} -o jsonpath={range.status.conditions[*]}{.type}:{.reason},{end}`);

  beforeAll(async () => {
    await my.run(`create namespace ${my.namespace}`);
    await my.run('create -f -', { input: JSON.stringify(LIST) });
  });

  it('runs a job to completion, and tells how it went', async () => {
    await ended('plain', 'Complete');
    expect(await my.run('get job plain')).toMatch(/plain +Complete +3\/3/);
    expect(await conditions('plain')).toBe('SuccessCriteriaMet:CompletionsReached,Complete:CompletionsReached,');
    expect(await my.run('get pods -l job-name=plain')).toMatch(/(plain-\w{5} +0\/1 +Completed .*\n){3}/);
    await eventually(async () =>
      /Completed +\S+ +job-controller +Job completed/.test(await my.run('describe job plain')),
    );
    const told = await my.run('describe job plain');
    expect(told).toMatch(/Pods Statuses: +0 Active \(0 Ready\) \/ 3 Succeeded \/ 0 Failed/);
    expect(told).toMatch(/SuccessfulCreate +\S+ +job-controller +Created pod: plain-/);
  });

  it('gives pods of an indexed job their index, and names by it', async () => {
    await ended('indexed', 'Complete');
    expect(await my.run('get job indexed -o jsonpath={.status.completedIndexes}')).toBe('0-2');
    const logs = await my.run('logs -l batch.kubernetes.io/job-name=indexed');
    expect(logs.trim().split('\n').sort()).toEqual(['0 of indexed-0', '1 of indexed-1', '2 of indexed-2']);
  });

  it('gives up a job that fails, by its limit, by an exit code or by its deadline', async () => {
    await Promise.all(['failing', 'policy', 'late'].map((name) => ended(name, 'Failed')));
    expect(await conditions('failing')).toBe('FailureTarget:BackoffLimitExceeded,Failed:BackoffLimitExceeded,');
    expect(await conditions('policy')).toBe('FailureTarget:PodFailurePolicy,Failed:PodFailurePolicy,');
    expect(await my.run('get job policy -o jsonpath={.status.conditions[1].message}')).toMatch(
      /^Container main for pod jobs\/policy-\w{5} failed with exit code 42 matching FailJob rule at index 0$/,
    );
    expect(await conditions('late')).toBe('FailureTarget:DeadlineExceeded,Failed:DeadlineExceeded,');
    expect(await my.run('get pods -l job-name=late -o name')).toBe('');
  });

  it('suspends a job and lets it go on', async () => {
    const running = (): Promise<string> => my.run('get pods -l job-name=paused -o name');
    expect(await my.run('get job paused')).toMatch(/paused +Suspended +0\/1/);
    expect(await running()).toBe('');
    await my.run(`patch job paused -p {"spec":{"suspend":false}}`);
    await my.run('wait --for=jsonpath={.status.ready}=1 job/paused --timeout=30s');
    await my.run(`patch job paused -p {"spec":{"suspend":true}}`);
    await my.run('wait --for=condition=Suspended job/paused --timeout=30s');
    await eventually(async () => (await running()) === '', { timeoutMs: 30_000 });
    expect(await conditions('paused')).toBe('Suspended:JobSuspended,');
  });

  it('deletes a job with its pods, by a user or after its time', async () => {
    await my.run('wait --for=delete job/brief --timeout=30s');
    await my.run('delete job plain');
    for (const name of ['plain', 'brief']) {
      await eventually(async () => (await my.run(`get pods -l job-name=${name} -o name`)) === '');
    }
  });

  it('runs a cron job by its schedule, and a job of it by hand', async () => {
    const options = `--image=${BUSYBOX} --schedule=@yearly --restart=Never`;
    await my.run(`create cronjob tick ${options} -- /busybox sh -c exit`);
    await my.run('create job by-hand --from=cronjob/tick');
    await ended('by-hand', 'Complete');
    expect(await my.run('get cronjob tick')).toMatch(/tick +@yearly +<none> +False +0 +<none>/);
    await my.run('patch cronjob tick --type=merge -p {"spec":{"schedule":"@every\\u00201s"}}');
    await my.run('wait --for=jsonpath={.status.lastSuccessfulTime} cronjob/tick --timeout=30s');
    await eventually(async () => /SawCompletedJob/.test(await my.run('describe cronjob tick')));
    const told = await my.run('describe cronjob tick');
    expect(told).toMatch(/SuccessfulCreate +\S+ +cronjob-controller +Created job tick-\d+/);
    expect(told).toMatch(/SawCompletedJob +\S+ +cronjob-controller +Saw completed job: tick-\d+, condition: Complete/);
    await my.run('delete cronjob tick');
    await my.run('wait --for=delete job/by-hand --timeout=30s');
  });

  it('refuses what cannot be', async () => {
    await my.refuses(
      `create cronjob bad --image=${BUSYBOX} --schedule=nonsense`,
      /spec.schedule: Invalid value: "nonsense": expected exactly 5 fields, found 1: \[nonsense\]/,
    );
    const input = jobOf('bad', 'exit', { completionMode: 'Indexed', parallelism: 2 });
    await my.refuses('create -f -', /spec.completions: Required value: when completion mode is Indexed/, input);
    await my.refuses(
      'patch job indexed -p {"spec":{"completionMode":"NonIndexed"}}',
      /spec.completionMode: Invalid value: "NonIndexed": field is immutable/,
    );
  });
});
