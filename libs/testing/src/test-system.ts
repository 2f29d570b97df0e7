import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { newCommandId, type Bus } from '@shiplog/bus';
import {
  apiVersionOf,
  Health,
  Heartbeat,
  RESOURCES,
  resourceRow,
  type AnyCommand,
  type CommandReply,
  type HealthReport,
  type KubeObject,
  type ResourceId,
} from '@shiplog/contracts';
import { Projection } from '@shiplog/projection';
import { pino } from 'pino';
import { eventually } from './eventually';
import { TestNats } from './nats';
import { TestPostgres } from './postgres';

const ROOT = resolve(__dirname, '../../..');

/**
 * A real journal and whatever services a test runs beside it, each a process of its own, over real NATS and Postgres;
 * with `SHOW_LOGS` set, what they log is shown.
 */
export class TestSystem {
  private readonly processes = new Map<string, ChildProcess>();
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
    const build = promisify(execFile)(process.execPath, ['infra/build.mjs'], { cwd: ROOT });
    const [nats, postgres] = await Promise.all([TestNats.start(), TestPostgres.start(), build]);
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
    const child = spawn(process.execPath, [`dist/services/${service}/src/main.js`], {
      cwd: ROOT,
      env: { ...process.env, LOG_LEVEL: 'warn', ...env, NATS_URL: this.nats.url, INSTANCE: instance },
      stdio: ['ignore', process.env['SHOW_LOGS'] === undefined ? 'ignore' : 'inherit', 'inherit'],
    });
    this.processes.set(instance, child);
    await eventually(async () => {
      if (child.exitCode !== null) throw new Error(`${service} ended with ${child.exitCode}`);
      return (await this.health(service, instance)).ready;
    });
  }

  health(service: string, instance: string): Promise<HealthReport> {
    return this.bus.ask(Health, {}, { service, instance }, { timeoutMs: 500 });
  }

  async kill(instance: string, signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    const child = this.processes.get(instance);
    this.processes.delete(instance);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  /** What the spec itself sees of the cluster. */
  projection(): Promise<Projection> {
    const channels = RESOURCES.map((row) => ({ resource: row.id }));
    return Projection.open(this.bus, { channels, logger: pino({ level: 'silent' }) });
  }

  /** Sends a command as a user and throws what the journal refuses. */
  async send(command: Omit<AnyCommand, 'id' | 'actor'>): Promise<Extract<CommandReply, { ok: true }>> {
    const whole = { ...command, id: newCommandId(), actor: 'user' } as AnyCommand;
    const reply = await this.bus.command(whole, { timeoutMs: 20_000 });
    if (!reply.ok) throw new Error(reply.status.message);
    return reply;
  }

  async create(
    resource: ResourceId,
    object: { metadata: { name: string; namespace?: string }; [field: string]: unknown },
  ) {
    const row = resourceRow(resource);
    const namespace = row.namespaced ? (object.metadata.namespace ?? 'default') : '';
    const whole = { apiVersion: apiVersionOf(row), kind: row.kind, ...object } as unknown as KubeObject;
    return this.send({ type: 'CreateObject', data: { resource, namespace, object: whole } });
  }

  async patch(resource: ResourceId, name: string, patch: object, subresource?: string): Promise<void> {
    const namespace = resourceRow(resource).namespaced ? 'default' : '';
    const data = { resource, namespace, name, subresource, patchType: 'strategic' as const, patch };
    await this.send({ type: 'PatchObject', data });
  }

  async delete(resource: ResourceId, name: string, options: object = {}): Promise<void> {
    const namespace = resourceRow(resource).namespaced ? 'default' : '';
    await this.send({ type: 'DeleteObject', data: { resource, namespace, name, ...options } });
  }

  async stop(): Promise<void> {
    clearInterval(this.beating);
    for (const instance of [...this.processes.keys()].reverse()) await this.kill(instance);
    await this.nats.stop();
    await this.postgres.stop();
  }
}
