import { join } from 'node:path';
import { newCommandId, type Bus } from '@shiplog/bus';
import { ADMINISTRATOR, Logs, type AnyCommand, type KubeObject, type ObjectOf } from '@shiplog/contracts';
import { deletionOf, isConditionTrue } from '@shiplog/kube';
import { Projection } from '@shiplog/projection';
import { eventually, REPOSITORY, ServiceProcess } from '@shiplog/testing';
import { pino } from 'pino';
import { TestJournals } from '../../../services/journal/src/testing/journals';

const NODES = 50;
const PROGRAM = join(REPOSITORY, 'dist', 'infra', 'hollow', 'src', 'main.js');
/** On a machine that has much else to do. */
const PATIENT = { timeoutMs: 60_000, everyMs: 50 };

type Pod = ObjectOf<'pods'>;

/** A master, without an api, and a process of hollow nodes. */
class Given {
  readonly services: ServiceProcess[] = [];
  hollow!: ServiceProcess;

  private constructor(
    readonly parts: TestJournals,
    readonly bus: Bus,
    readonly projection: Projection,
  ) {}

  static async start(): Promise<Given> {
    const parts = await TestJournals.start();
    const bus = await parts.nats.bus('spec', { role: 'user', name: ADMINISTRATOR });
    const env = { NATS_URL: parts.nats.url, DATABASE_URL: parts.databaseUrl, NODE_MONITOR_GRACE: '3s' };
    const services = ['journal', 'scheduler', 'controller'].map((name) => ServiceProcess.run(name, 'spec', env));
    await Promise.all(services.map((service) => service.ready(bus, PATIENT)));
    const projection = await Projection.open(bus, { channels: 'all', logger: pino({ level: 'silent' }) });
    const given = new Given(parts, bus, projection);
    given.services.push(...services);
    for (const name of ['default', 'kube-node-lease'])
      await given.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, '');
    await given.startNodes();
    return given;
  }

  async startNodes(): Promise<void> {
    const env = {
      NATS_URL: this.parts.nats.url,
      HOLLOW_NODES: String(NODES),
      HOLLOW_ZONES: '3',
      HEARTBEAT_INTERVAL: '500ms',
      HOLLOW_LIFECYCLES: JSON.stringify([{ image: 'crash*', run: '10ms', exitCode: 3, log: ['out of luck'] }]),
    };
    this.hollow = ServiceProcess.run('kubelet', 'hollow', env, PROGRAM);
    await this.hollow.ready(this.bus, PATIENT);
  }

  async send(command: Pick<AnyCommand, 'type' | 'data'>): Promise<void> {
    const whole = { ...command, id: newCommandId(), actor: ADMINISTRATOR } as AnyCommand;
    const reply = await this.bus.command(whole, { timeoutMs: 30_000 });
    if (!reply.ok) throw new Error(reply.status.message);
    await this.projection.waitFor(reply.position);
  }

  create(resource: string, object: KubeObject, namespace = 'default'): Promise<void> {
    return this.send({ type: 'CreateObject', data: { resource, namespace, object } } as never);
  }

  pods(app: string): readonly Pod[] {
    return this.projection.list('pods').filter(({ metadata }) => metadata.labels?.['app'] === app);
  }

  readyNodes(): number {
    return this.projection.list('nodes').filter((node) => isConditionTrue(node, 'Ready')).length;
  }

  readyPods(app: string): number {
    return this.pods(app).filter((pod) => isConditionTrue(pod, 'Ready')).length;
  }

  async stop(): Promise<void> {
    await this.projection.close();
    for (const service of [this.hollow, ...this.services.reverse()]) await service.stop();
    await this.parts.stop();
  }
}

/** A template of pods that ask for no token: no api is there that would give one. */
function template(app: string, container: object, rest: object = {}): object {
  const spec = { automountServiceAccountToken: false, containers: [{ name: 'main', image: 'web:1', ...container }] };
  return { metadata: { labels: { app } }, spec: { ...spec, ...rest } };
}

describe('hollow nodes', () => {
  let given: Given;
  beforeAll(async () => (given = await Given.start()), 90_000);
  afterAll(() => given.stop());

  it('are nodes as any other, in zones, and say what they are', () => {
    expect(given.readyNodes()).toBe(NODES);
    expect(given.projection.get('nodes', '', 'hollow-7')).toMatchObject({
      metadata: { labels: { 'shiplog.dev/hollow': 'true', 'topology.kubernetes.io/zone': 'zone-2' } },
      status: { allocatable: { cpu: '8', pods: '110' }, nodeInfo: { containerRuntimeVersion: 'hollow://1.0.0' } },
    });
    expect(given.projection.list('leases.coordination.k8s.io')).toHaveLength(NODES);
  });

  it('run the pods of a Deployment, each with an address of its own, and end them', async () => {
    const spec = { replicas: 100, selector: { matchLabels: { app: 'web' } }, template: template('web', {}) };
    const web = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec };
    await given.create('deployments.apps', web);
    await eventually(() => given.readyPods('web') === 100, PATIENT);
    const pods = given.pods('web');
    expect(new Set(pods.map(({ status }) => status?.podIP)).size).toBe(100);
    expect(new Set(pods.map((pod) => pod.spec?.nodeName)).size).toBe(NODES);
    await given.send({
      type: 'PatchObject',
      data: {
        resource: 'deployments.apps',
        namespace: 'default',
        name: 'web',
        patchType: 'merge',
        patch: { spec: { replicas: 10 } },
      },
    } as never);
    await eventually(() => given.pods('web').length === 10, PATIENT);
  });

  it('complete a Job', async () => {
    const pod = template('job', { command: ['sh', '-c', 'echo done; sleep 0.1'] }, { restartPolicy: 'Never' });
    const spec = { completions: 5, parallelism: 5, template: pod };
    await given.create('jobs.batch', { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'job' }, spec });
    const job = () => given.projection.get('jobs.batch', 'default', 'job');
    await eventually(() => job()?.status?.succeeded === 5, PATIENT);
  });

  it('have containers that crash again and again, with what they said last', async () => {
    const { spec } = template('crash', { image: 'crash:1' }) as { spec: object };
    const metadata = { name: 'crash', labels: { app: 'crash' } };
    await given.create('pods', { apiVersion: 'v1', kind: 'Pod', metadata, spec });
    const status = () => given.pods('crash')[0]?.status?.containerStatuses?.[0];
    await eventually(() => status()?.state?.waiting?.reason === 'CrashLoopBackOff', PATIENT);
    expect(status()?.lastState?.terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
    const [pod] = given.pods('crash');
    const request = { namespace: 'default', pod: 'crash', uid: pod?.metadata.uid ?? '', container: 'main' };
    const log: Uint8Array[] = [];
    for await (const part of given.bus.stream(Logs, request, { node: pod?.spec?.nodeName ?? '' })) log.push(part);
    expect(Buffer.concat(log).toString()).toBe('out of luck\n');
    await given.send(deletionOf('pods', pod as Pod, { gracePeriodSeconds: 0 }));
    await eventually(() => given.pods('crash').length === 0, PATIENT);
  });

  it('are not ready when their process is killed, and they and their pods are back with it', async () => {
    await given.hollow.stop('SIGKILL');
    await eventually(() => given.readyNodes() === 0, PATIENT);
    await given.startNodes();
    await eventually(() => given.readyNodes() === NODES && given.readyPods('web') === 10, PATIENT);
    expect(given.hollow.said).toBe('');
  });
});
