import { Logs, type ObjectOf } from '@shiplog/contracts';
import { deletionOf, isConditionTrue, patchOf } from '@shiplog/kube';
import { eventually, type ServiceProcess } from '@shiplog/testing';
import { HollowMaster, podTemplate } from './testing/hollow-master';

const NODES = 50;
const NODE_ENV = {
  HOLLOW_ZONES: '3',
  HEARTBEAT_INTERVAL: '500ms',
  HOLLOW_LIFECYCLES: JSON.stringify([{ image: 'crash*', run: '10ms', exitCode: 3, log: ['out of luck'] }]),
};
/** On a machine that has much else to do. */
const PATIENT = { timeoutMs: 60_000, everyMs: 50 };

type Pod = ObjectOf<'pods'>;

describe('hollow nodes', () => {
  let master: HollowMaster;
  let hollow: ServiceProcess;
  beforeAll(async () => {
    master = await HollowMaster.start({ NODE_MONITOR_GRACE: '3s' });
    hollow = await master.startNodes(NODES, NODE_ENV);
  }, 120_000);
  afterAll(() => master.stop());

  const pods = (app: string): readonly Pod[] =>
    master.projection.list('pods').filter(({ metadata }) => metadata.labels?.['app'] === app);
  const readyPods = (app: string): number => pods(app).filter((pod) => isConditionTrue(pod, 'Ready')).length;

  it('are nodes as any other, in zones, and say what they are', () => {
    expect(master.readyNodes()).toBe(NODES);
    expect(master.projection.get('nodes', '', 'hollow-7')).toMatchObject({
      metadata: { labels: { 'shiplog.dev/hollow': 'true', 'topology.kubernetes.io/zone': 'zone-2' } },
      status: { allocatable: { cpu: '8', pods: '110' }, nodeInfo: { containerRuntimeVersion: 'hollow://1.0.0' } },
    });
    expect(master.projection.list('leases.coordination.k8s.io')).toHaveLength(NODES);
  });

  it('run the pods of a Deployment, each with an address of its own, and end them', async () => {
    const spec = { replicas: 100, selector: { matchLabels: { app: 'web' } }, template: podTemplate('web', {}) };
    const metadata = { name: 'web', namespace: 'default' };
    await master.create('deployments.apps', { kind: 'Deployment', metadata, spec });
    await eventually(() => readyPods('web') === 100, PATIENT);
    expect(new Set(pods('web').map(({ status }) => status?.podIP)).size).toBe(100);
    expect(new Set(pods('web').map((pod) => pod.spec?.nodeName)).size).toBe(NODES);
    await master.send(patchOf('deployments.apps', { metadata }, { spec: { replicas: 10 } }));
    await eventually(() => pods('web').length === 10, PATIENT);
  });

  it('complete a Job', async () => {
    const template = podTemplate('job', { command: ['sh', '-c', 'echo done; sleep 0.1'] }, { restartPolicy: 'Never' });
    const spec = { completions: 5, parallelism: 5, template };
    await master.create('jobs.batch', { kind: 'Job', metadata: { name: 'job' }, spec });
    const job = () => master.projection.get('jobs.batch', 'default', 'job');
    await eventually(() => job()?.status?.succeeded === 5, PATIENT);
  });

  it('have containers that crash again and again, with what they said last', async () => {
    const { metadata, spec } = podTemplate('crash', { image: 'crash:1' });
    await master.create('pods', { kind: 'Pod', metadata: { name: 'crash', ...metadata }, spec });
    const status = () => pods('crash')[0]?.status?.containerStatuses?.[0];
    await eventually(() => status()?.state?.waiting?.reason === 'CrashLoopBackOff', PATIENT);
    expect(status()?.lastState?.terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
    const [pod] = pods('crash');
    const request = { namespace: 'default', pod: 'crash', uid: pod?.metadata.uid ?? '', container: 'main' };
    const log: Uint8Array[] = [];
    for await (const part of master.bus.stream(Logs, request, { node: pod?.spec?.nodeName ?? '' })) log.push(part);
    expect(Buffer.concat(log).toString()).toBe('out of luck\n');
    await master.send(deletionOf('pods', pod as Pod, { gracePeriodSeconds: 0 }));
    await eventually(() => pods('crash').length === 0, PATIENT);
  });

  it('are not ready when their process is killed, and they and their pods are back with it', async () => {
    await hollow.stop('SIGKILL');
    await eventually(() => master.readyNodes() === 0, PATIENT);
    hollow = await master.startNodes(NODES, NODE_ENV);
    await eventually(() => master.readyNodes() === NODES && readyPods('web') === 10, PATIENT);
    expect(hollow.said).toBe('');
  });
});
