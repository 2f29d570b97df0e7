import { newCommandId, type Bus } from '@shiplog/bus';
import {
  ADMINISTRATOR,
  storedApiVersion,
  Heartbeat,
  builtIn,
  type AnyCommand,
  type CommandReply,
  type HealthReport,
  type KubeObject,
  type BuiltIn,
} from '@shiplog/contracts';
import { Projection } from '@shiplog/projection';
import { pino } from 'pino';
import { TestNats } from './nats';
import { TestPostgres } from './postgres';
import { build, ServiceProcess } from './program';

/**
 * A real journal and whatever services a test runs beside it, each a process of its own, over real NATS and Postgres.
 */
export class TestSystem {
  private readonly processes = new Map<string, ServiceProcess>();
  private beating: NodeJS.Timeout | undefined;
  /** Nodes that are heard of, as if a kubelet ran there. */
  readonly beats = new Set<string>();
  private readonly kubelets = new Map<string, Promise<Bus>>();

  private constructor(
    readonly nats: TestNats,
    private readonly postgres: TestPostgres,
    private readonly database: string,
    readonly bus: Bus,
  ) {}

  static async start(): Promise<TestSystem> {
    const [nats, postgres] = await Promise.all([TestNats.start(), TestPostgres.start(), build()]);
    const system = new TestSystem(nats, postgres, await postgres.database('log'), await nats.bus('spec'));
    await system.restartJournal();
    system.beating = setInterval(() => {
      for (const node of system.beats) void system.beat(node);
    }, 200);
    return system;
  }

  /** A connection that speaks as the kubelet of a node. */
  kubelet(node: string): Promise<Bus> {
    const known = this.kubelets.get(node) ?? this.nats.bus(`kubelet of ${node}`, { role: 'kubelet', name: node });
    this.kubelets.set(node, known);
    return known;
  }

  private async beat(node: string): Promise<void> {
    (await this.kubelet(node)).tell(Heartbeat, { time: new Date().toISOString() });
  }

  /** Starts the journal, instance `journal-1`, which may have been killed. */
  restartJournal(): Promise<void> {
    return this.run('journal', 'journal-1', { DATABASE_URL: this.database });
  }

  /** Starts a service; resolves when it says over NATS that it is ready. */
  async run(service: string, instance: string, env: Record<string, string> = {}): Promise<void> {
    const started = ServiceProcess.run(service, instance, { ...env, NATS_URL: this.nats.url });
    this.processes.set(instance, started);
    await started.ready(this.bus);
  }

  /** What an instance that runs says of itself. */
  async health(instance: string): Promise<HealthReport> {
    const found = this.processes.get(instance);
    if (found === undefined) throw new Error(`no ${instance} runs`);
    return await found.health(this.bus);
  }

  async kill(instance: string, signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    await this.processes.get(instance)?.stop(signal);
    this.processes.delete(instance);
  }

  /** What the spec itself sees of the cluster. */
  projection(): Promise<Projection> {
    return Projection.open(this.bus, { channels: 'all', logger: pino({ level: 'silent' }) });
  }

  /** Sends a command as a user and throws what the journal refuses. */
  async send(command: Omit<AnyCommand, 'id' | 'actor'>): Promise<Extract<CommandReply, { ok: true }>> {
    const whole = { ...command, id: newCommandId(), actor: ADMINISTRATOR } as AnyCommand;
    const reply = await this.bus.command(whole, { timeoutMs: 20_000 });
    if (!reply.ok) throw new Error(reply.status.message);
    return reply;
  }

  async create(
    resource: BuiltIn,
    object: {
      metadata: { name: string; namespace?: string; labels?: Record<string, string> };
      [field: string]: unknown;
    },
  ) {
    const row = builtIn(resource);
    const namespace = row.namespaced ? (object.metadata.namespace ?? 'default') : '';
    const whole = { apiVersion: storedApiVersion(row), kind: row.kind, ...object } as unknown as KubeObject;
    return this.send({ type: 'CreateObject', data: { resource, namespace, object: whole } });
  }

  async patch(resource: BuiltIn, name: string, patch: object, subresource?: string): Promise<void> {
    const namespace = builtIn(resource).namespaced ? 'default' : '';
    const data = { resource, namespace, name, subresource, patchType: 'strategic' as const, patch };
    await this.send({ type: 'PatchObject', data });
  }

  async delete(resource: BuiltIn, name: string, options: object = {}): Promise<void> {
    const namespace = builtIn(resource).namespaced ? 'default' : '';
    await this.send({ type: 'DeleteObject', data: { resource, namespace, name, ...options } });
  }

  async stop(): Promise<void> {
    clearInterval(this.beating);
    for (const instance of [...this.processes.keys()].reverse()) await this.kill(instance);
    await this.nats.stop();
    await this.postgres.stop();
  }
}
