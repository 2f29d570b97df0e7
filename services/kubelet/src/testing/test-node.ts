import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { newCommandId, type Bus } from '@shiplog/bus';
import {
  subjects,
  type HealthReport,
  type AnyCommand,
  type AttachRequest,
  type CommandReply,
  type KubeObject,
  type Signals,
} from '@shiplog/contracts';
import { Projection } from '@shiplog/projection';
import { readConfig } from '@shiplog/service';
import { eventually, TestNats, TestPostgres } from '@shiplog/testing';
import { pino } from 'pino';
import { Kubelet } from '../kubelet';
import type { Pod } from '../pod/view';
import { kubeletSettings } from '../settings';
import { BUSYBOX, TestEngine } from './test-engine';

const run = promisify(execFile);
const ROOT = join(__dirname, '..', '..', '..', '..');
export const NODE = 'node-a';

type Refined = Omit<AnyCommand, 'id' | 'actor'>;

/** A node with everything real but the pod network: NATS, Postgres, journal, dockerd, and a kubelet in this process. */
export class TestNode {
  #kubelet: Kubelet | undefined;
  #kubeletBus: Bus | undefined;
  readonly notes: Signals['note'][] = [];
  /** Pods that have an address from the stand-in for the network agent. */
  readonly attached = new Map<string, string>();
  #addresses = 1;

  private constructor(
    readonly nats: TestNats,
    private readonly postgres: TestPostgres,
    readonly engine: TestEngine,
    private readonly journal: ChildProcess,
    readonly bus: Bus,
    readonly projection: Projection,
    readonly stateDir: string,
  ) {}

  static async start(given: { engine?: TestEngine; env?: Record<string, string> } = {}): Promise<TestNode> {
    await run(process.execPath, [join(ROOT, 'infra', 'build.mjs')]);
    const [nats, postgres, engine] = await Promise.all([
      TestNats.start(),
      TestPostgres.start(),
      given.engine ?? TestEngine.start(),
    ]);
    const bus = await nats.bus('spec');
    const journal = spawn(process.execPath, [join(ROOT, 'dist/services/journal/src/main.js')], {
      env: {
        ...process.env,
        NATS_URL: nats.url,
        DATABASE_URL: await postgres.database('log'),
        INSTANCE: 'journal-1',
        LOG_LEVEL: 'warn',
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await eventually(
      async () =>
        (await bus.request<HealthReport>(subjects.health('journal', 'journal-1'), {}, { timeoutMs: 500 })).ready,
    );
    const channels = [{ resource: 'pods' }, { resource: 'nodes' }, { resource: 'configmaps' }] as const;
    const projection = await Projection.open(bus, { channels, logger: pino({ level: 'silent' }) });
    const stateDir = await mkdtemp(join(tmpdir(), 'shiplog-kubelet-'));
    const node = new TestNode(nats, postgres, engine, journal, bus, projection, stateDir);
    node.#standInForNetwork();
    bus.onSignal('note', '*', (note) => node.notes.push(note));
    for (const name of ['default', 'kube-node-lease']) {
      await node.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, 'namespaces', '');
    }
    await node.startKubelet(given.env);
    return node;
  }

  async startKubelet(env: Record<string, string> = {}): Promise<void> {
    this.#kubeletBus = await this.nats.bus('kubelet');
    const config = readConfig(kubeletSettings, {
      NODE_NAME: NODE,
      NODE_IP: '127.0.0.1',
      DOCKER_HOST: this.engine.host,
      STATE_DIR: this.stateDir,
      CGROUP_PARENT: this.engine.cgroupParent,
      HEARTBEAT_INTERVAL: '500ms',
      ...env,
    });
    this.#kubelet = new Kubelet({
      config: { ...config, natsUrl: this.nats.url, logLevel: 'info', instance: NODE },
      bus: this.#kubeletBus,
      logger: pino({ level: process.env['LOG_LEVEL'] ?? 'fatal' }),
      health: { ready: () => undefined, notReady: () => undefined },
      runtime: this.engine.runtime(NODE),
    });
    await this.#kubelet.start();
    await eventually(() => this.ready);
  }

  /** The kubelet goes; its containers stay. */
  async stopKubelet(): Promise<void> {
    await this.#kubelet?.close();
    await this.#kubeletBus?.close();
  }

  get ready(): boolean {
    const conditions = this.projection.get('nodes', '', NODE)?.status?.conditions ?? [];
    return conditions.some((one) => one.type === 'Ready' && one.status === 'True');
  }

  /** An address inside the pod is all that a pod without neighbours needs. */
  #standInForNetwork(): void {
    this.bus.serve(subjects.node(NODE, 'attach'), async (payload) => {
      const { uid, pid } = payload as AttachRequest;
      const ip = this.attached.get(uid) ?? `10.9.0.${++this.#addresses}`;
      await run('nsenter', [`--net=/proc/${pid}/ns/net`, 'ip', 'addr', 'replace', `${ip}/32`, 'dev', 'lo']);
      this.attached.set(uid, ip);
      return { ip, gateway: '10.9.0.1' };
    });
    this.bus.serve(subjects.node(NODE, 'detach'), (payload) => {
      this.attached.delete((payload as { uid: string }).uid);
      return Promise.resolve({});
    });
  }

  async send(command: Refined): Promise<Extract<CommandReply, { ok: true }>> {
    const reply = await this.bus.command({ ...command, id: newCommandId(), actor: 'user' } as AnyCommand);
    if (!reply.ok) throw new Error(reply.status.message);
    await this.projection.waitFor(reply.position);
    return reply;
  }

  async create(
    object: KubeObject,
    resource: 'namespaces' | 'pods' | 'configmaps' | 'secrets' | 'services',
    namespace = 'default',
  ): Promise<void> {
    await this.send({ type: 'CreateObject', data: { resource, namespace, object } });
  }

  /** Creates a pod that is bound already; `spec` may leave out what every test pod has. */
  async pod(name: string, spec: Partial<NonNullable<Pod['spec']>> & { script?: string }): Promise<void> {
    const { script = 'sleep 1000', ...rest } = spec;
    const whole = {
      nodeName: NODE,
      terminationGracePeriodSeconds: 1,
      ...rest,
      containers: (rest.containers ?? [{ name: 'main' }]).map((one) => ({
        image: BUSYBOX,
        command: shell(script),
        ...one,
      })),
    };
    await this.create({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: whole }, 'pods');
  }

  get(name: string): Pod | undefined {
    return this.projection.get('pods', 'default', name);
  }

  /** Resolves with the pod once it is as asked. */
  async until(name: string, what: (pod: Pod) => boolean | undefined, timeoutMs = 20_000): Promise<Pod> {
    return eventually(
      () => {
        const pod = this.get(name);
        if (pod === undefined) throw new Error(`there is no pod ${name}`);
        if (what(pod) !== true) throw new Error(`not yet: ${JSON.stringify(pod.status)}`);
        return pod;
      },
      { timeoutMs, everyMs: 20 },
    );
  }

  untilReady(name: string): Promise<Pod> {
    return this.until(name, isReady);
  }

  async delete(name: string, gracePeriodSeconds?: number): Promise<void> {
    const options = gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds };
    await this.send({ type: 'DeleteObject', data: { resource: 'pods', namespace: 'default', name, ...options } });
  }

  async untilGone(name: string): Promise<void> {
    await eventually(() => this.get(name) === undefined, { timeoutMs: 20_000 });
  }

  /** What a container has written so far. */
  async logs(pod: Pod, container = 'main', options: object = {}): Promise<string> {
    const { uid, name } = pod.metadata;
    const request = { namespace: 'default', pod: name, uid, container, ...options };
    const parts: Uint8Array[] = [];
    for await (const part of this.bus.openStream(subjects.node(NODE, 'logs'), request)) parts.push(part);
    return Buffer.concat(parts).toString();
  }

  async stop(): Promise<void> {
    await this.stopKubelet();
    await this.projection.close();
    this.journal.kill('SIGTERM');
    await once(this.journal, 'exit');
    await Promise.all([this.nats.stop(), this.postgres.stop(), this.engine.stop()]);
    await rm(this.stateDir, { recursive: true, force: true });
  }
}

/** A command line that runs a script with busybox. */
export function shell(script: string): string[] {
  return ['/busybox', 'sh', '-c', script];
}

export function isReady(pod: Pod): boolean {
  return (pod.status?.conditions ?? []).some((one) => one.type === 'Ready' && one.status === 'True');
}

/** The status of the pod's only, or first, container. */
export function containerOf(pod: Pod): NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number] {
  const [status] = pod.status?.containerStatuses ?? [];
  if (status === undefined) throw new Error(`pod ${pod.metadata.name} has no container status`);
  return status;
}
