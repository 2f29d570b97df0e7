import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestMicroservice } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { NatsTransport, type Bus } from '@shiplog/bus';
import {
  Heartbeat,
  Logs,
  Note,
  type AnyCommand,
  type BuiltIn,
  type CommandReply,
  type KubeObject,
  type Signals,
} from '@shiplog/contracts';
import type { Projection } from '@shiplog/projection';
import { commonSettings, Health, NestLogger, readConfig, ServiceModule } from '@shiplog/service';
import { eventually, TestSystem } from '@shiplog/testing';
import { pino, type Logger } from 'pino';
import { KubeletModule } from '../kubelet.module';
import type { Pod } from '../domain/pod';
import type { PodRuntime } from '../runtime/runtime';
import { kubeletSettings } from '../settings';
import { POD_RUNTIME } from '../tokens';
import { removeFolder } from '../volumes/leftovers';
import { NodeMounts } from '../volumes/mounts/node-mounts';
import { NetworkStandIn } from './network-stand-in';
import type { TestContainerd } from './test-containerd';
import { BUSYBOX, TestEngine } from './test-engine';

export const NODE = 'node-a';
/** Pino's. */
const WARN = 40;

type Refined = Omit<AnyCommand, 'id' | 'actor'>;

export interface TestNodeOptions {
  /** Default: one of the test's own. */
  readonly engine?: TestEngine;
  /** In place of Docker Engine; the kubelet finds it by its settings. */
  readonly containerd?: TestContainerd;
  /** In place of an engine. */
  readonly runtime?: PodRuntime;
  /** Called when all is there but the kubelet. */
  readonly beforeKubelet?: (node: TestNode) => void;
  /** More settings of the kubelet. */
  readonly env?: Record<string, string>;
}

/**
 * A node with everything real but the pod network: NATS, Postgres, journal, dockerd (unless the test brings a runtime in
 * its place), and a kubelet in this process.
 */
export class TestNode {
  #kubelet: INestMicroservice | undefined;
  #kubeletBus: Bus | undefined;
  readonly notes: Signals['note'][] = [];
  /** What the kubelet has logged as warnings, or worse. */
  readonly warnings: string[] = [];
  #beats = 0;

  private constructor(
    readonly system: TestSystem,
    private readonly testEngine: TestEngine | undefined,
    private readonly containerd: TestContainerd | undefined,
    private readonly runtime: PodRuntime | undefined,
    private network: NetworkStandIn,
    private networkBus: Bus,
    readonly projection: Projection,
    readonly stateDir: string,
  ) {}

  static async start({ engine, containerd, runtime, beforeKubelet, env }: TestNodeOptions = {}): Promise<TestNode> {
    const [system, testEngine] = await Promise.all([
      TestSystem.start(),
      runtime === undefined && containerd === undefined ? (engine ?? TestEngine.start()) : undefined,
    ]);
    const projection = await system.projection();
    const stateDir = await mkdtemp(join(tmpdir(), 'shiplog-kubelet-'));
    const networkBus = await system.nats.bus('network', { role: 'network', name: NODE });
    const network = await NetworkStandIn.serve(networkBus);
    network.entersNamespaces = runtime === undefined;
    const node = new TestNode(system, testEngine, containerd, runtime, network, networkBus, projection, stateDir);
    system.bus.hear(Note, (note) => node.notes.push(note));
    system.bus.hear(Heartbeat, () => void node.#beats++);
    for (const name of ['default', 'kube-node-lease']) {
      await node.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, 'namespaces', '');
    }
    beforeKubelet?.(node);
    await node.startKubelet(env);
    return node;
  }

  get engine(): TestEngine {
    if (this.testEngine === undefined) throw new Error('this node has no engine');
    return this.testEngine;
  }

  /** Pods that have an address from the stand-in for the network agent. */
  get attached(): ReadonlyMap<string, string> {
    return this.network.attached;
  }

  /** The network agent gives no addresses until it is told `undefined`. */
  refuseAddresses(refusal: Error | undefined): void {
    this.network.refusal = refusal;
  }

  /** The network agent goes; the pods' network stays. */
  async stopNetwork(): Promise<void> {
    await this.networkBus.close();
  }

  async startNetwork(): Promise<void> {
    const before = this.network;
    this.networkBus = await this.system.nats.bus('network', { role: 'network', name: NODE });
    this.network = await NetworkStandIn.serve(this.networkBus);
    this.network.entersNamespaces = before.entersNamespaces;
    for (const [uid, ip] of before.attached) this.network.attached.set(uid, ip);
  }

  async startKubelet(env: Record<string, string> = {}): Promise<void> {
    const bus = await this.system.nats.bus('kubelet', { role: 'kubelet', name: NODE });
    const config = readConfig(
      { ...commonSettings, ...kubeletSettings },
      {
        NODE_NAME: NODE,
        NODE_IP: '127.0.0.1',
        STATE_DIR: this.stateDir,
        HEARTBEAT_INTERVAL: '500ms',
        ENGINE_GRACE: '1s',
        IMAGE_GC_HIGH_THRESHOLD: '100',
        // This machine may be short of anything.
        EVICTION_HARD: 'none',
        INSTANCE: NODE,
        ...this.#engineEnv(),
        ...env,
      },
    );
    const logger = this.#logger();
    const transport = new NatsTransport(bus);
    const context = { config, logger, bus, health: new Health('kubelet', NODE), transport };
    const builder = Test.createTestingModule({ imports: [ServiceModule.forRoot(context), KubeletModule] });
    if (this.containerd === undefined)
      builder.overrideProvider(POD_RUNTIME).useValue(this.runtime ?? this.engine.runtime(NODE));
    const module = await builder.setLogger(new NestLogger(logger)).compile();
    this.#kubelet = module.createNestMicroservice({ strategy: transport });
    this.#kubeletBus = bus;
    await this.#kubelet.listen();
    await eventually(() => this.ready);
  }

  /** How the kubelet finds its engine. */
  #engineEnv(): Record<string, string> {
    const { containerd, testEngine } = this;
    if (containerd !== undefined) return containerd.kubeletEnv;
    return testEngine === undefined ? {} : { DOCKER_HOST: testEngine.host, CGROUP_PARENT: testEngine.cgroupParent };
  }

  #logger(): Logger {
    const write = (line: string): void => {
      const { level, msg } = JSON.parse(line) as { level: number; msg: string };
      if (level >= WARN) this.warnings.push(msg);
      if (process.env['LOG_LEVEL'] !== undefined) process.stdout.write(line);
    };
    return pino({ level: process.env['LOG_LEVEL'] ?? 'warn' }, { write });
  }

  /** A part of the running kubelet. */
  part<T>(type: abstract new (...args: never[]) => T): T {
    if (this.#kubelet === undefined) throw new Error('the kubelet does not run');
    return this.#kubelet.get(type, { strict: false });
  }

  /** The kubelet goes; its containers stay. */
  async stopKubelet(): Promise<void> {
    await this.#kubelet?.close();
    await this.#kubeletBus?.close();
  }

  get ready(): boolean {
    const conditions = this.projection.get('nodes', '', NODE)?.status?.conditions ?? [];
    return conditions.some((item) => item.type === 'Ready' && item.status === 'True');
  }

  /** Resolves when the kubelet has said so many times more that it goes on. */
  async untilBeats(count: number): Promise<void> {
    const from = this.#beats;
    await eventually(() => this.#beats >= from + count);
  }

  async send(command: Refined): Promise<Extract<CommandReply, { ok: true }>> {
    const reply = await this.system.send(command);
    await this.projection.waitFor(reply.position);
    return reply;
  }

  /** Resolves with the object's uid. */
  async create(object: KubeObject, resource: BuiltIn, namespace = 'default'): Promise<string> {
    const { uid = '' } = await this.send({ type: 'CreateObject', data: { resource, namespace, object } });
    return uid;
  }

  /** Creates a pod that is bound already; `spec` may leave out what every test pod has. */
  async pod(name: string, spec: Partial<NonNullable<Pod['spec']>> & { script?: string }): Promise<void> {
    const { script = 'sleep 1000', ...rest } = spec;
    const whole = {
      nodeName: NODE,
      terminationGracePeriodSeconds: 1,
      // No api is there that would give it one.
      automountServiceAccountToken: false,
      ...rest,
      containers: (rest.containers ?? [{ name: 'main' }]).map((item) => ({
        image: BUSYBOX,
        command: shell(script),
        ...item,
      })),
    };
    await this.create({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: whole }, 'pods');
  }

  get(name: string): Pod | undefined {
    return this.projection.get('pods', 'default', name);
  }

  /** Resolves with the pod once it is as asked. */
  async until(name: string, item: (pod: Pod) => boolean | undefined, timeoutMs = 20_000): Promise<Pod> {
    return eventually(
      () => {
        const pod = this.get(name);
        if (pod === undefined) throw new Error(`there is no pod ${name}`);
        if (item(pod) !== true) throw new Error(`not yet: ${JSON.stringify(pod.status)}`);
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
    for await (const part of this.system.bus.stream(Logs, request, { node: NODE })) parts.push(part);
    return Buffer.concat(parts).toString();
  }

  /** What a script says that is run in the container of a pod that is ready, or will be; its exit code before that, unless it is 0. */
  async run(name: string, script: string): Promise<string> {
    const id = containerOf(await this.untilReady(name)).containerID?.replace('docker://', '') ?? '';
    const { output, exitCode } = await this.engine.runtime().exec(id, shell(script), 5_000);
    return exitCode === 0 ? output.trim() : `${exitCode}: ${output}`;
  }

  uidOf(name: string): string {
    return this.get(name)?.metadata.uid ?? '';
  }

  /** What is mounted for a pod, as lines of the kernel's table. */
  async mountsOf(uid: string): Promise<string[]> {
    return (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').filter((line) => line.includes(uid));
  }

  async stop(): Promise<void> {
    await this.stopKubelet();
    await this.projection.close();
    await Promise.all([this.system.stop(), this.testEngine?.stop(), this.containerd?.stop()]);
    await removeState(this.stateDir);
  }
}

/** Removes what a kubelet kept, with all that it has mounted there. */
export async function removeState(stateDir: string): Promise<void> {
  const mounts = new NodeMounts({ findsPath: () => Promise.resolve(false) }, stateDir);
  await removeFolder(stateDir, mounts);
  mounts.onApplicationShutdown();
}

/** A command line that runs a script with busybox. */
export function shell(script: string): string[] {
  return ['/busybox', 'sh', '-c', script];
}

export function isReady(pod: Pod): boolean {
  return (pod.status?.conditions ?? []).some((item) => item.type === 'Ready' && item.status === 'True');
}

/** The status of the pod's only, or first, container. */
export function containerOf(pod: Pod): NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number] {
  const [status] = pod.status?.containerStatuses ?? [];
  if (status === undefined) throw new Error(`pod ${pod.metadata.name} has no container status`);
  return status;
}
