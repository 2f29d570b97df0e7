import { join } from 'node:path';
import { newCommandId, type Bus } from '@shiplog/bus';
import { ADMINISTRATOR, type AnyCommand } from '@shiplog/contracts';
import { isConditionTrue } from '@shiplog/kube';
import { Projection } from '@shiplog/projection';
import { REPOSITORY, ServiceProcess } from '@shiplog/testing';
import { pino } from 'pino';
import { TestJournals } from '../../../../services/journal/src/testing/journals';

const PROGRAM = join(REPOSITORY, 'dist', 'infra', 'hollow', 'src', 'main.js');
const MASTER = ['journal', 'scheduler', 'controller'] as const;
/** Of what nodes and pods belong to, without which nothing is admitted. */
const NAMESPACES = ['default', 'kube-node-lease'];
/** On a machine that has much else to do, in milliseconds. */
const PATIENCE_MS = 120_000;

/** A master without an api, and a process of hollow nodes: what is asked for is asked for on the bus. */
export class HollowMaster {
  readonly #services = new Map<string, ServiceProcess>();

  private constructor(
    private readonly parts: TestJournals,
    readonly bus: Bus,
    /** Of all that there is. */
    readonly projection: Projection,
  ) {}

  /** @param env settings of the master's services */
  static async start(env: Readonly<Record<string, string>> = {}): Promise<HollowMaster> {
    const parts = await TestJournals.start();
    const bus = await parts.nats.bus('hollow-master', { role: 'user', name: ADMINISTRATOR });
    const all = { NATS_URL: parts.nats.url, DATABASE_URL: parts.databaseUrl, ...env };
    const services = MASTER.map((name) => [name, ServiceProcess.run(name, 'tested', all)] as const);
    await Promise.all(services.map(([, service]) => service.ready(bus, { timeoutMs: PATIENCE_MS })));
    const projection = await Projection.open(bus, { channels: 'all', logger: pino({ level: 'silent' }) });
    const master = new HollowMaster(parts, bus, projection);
    for (const [name, service] of services) master.#services.set(name, service);
    for (const name of NAMESPACES) await master.create('namespaces', { kind: 'Namespace', metadata: { name } }, '');
    return master;
  }

  /** Starts the nodes (again); resolves when all of them are ready. */
  async startNodes(nodes: number, env: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
    const all = { NATS_URL: this.parts.nats.url, HOLLOW_NODES: String(nodes), ...env };
    const hollow = ServiceProcess.run('kubelet', 'hollow', all, PROGRAM);
    this.#services.set('hollow', hollow);
    await hollow.ready(this.bus, { timeoutMs: PATIENCE_MS });
    return hollow;
  }

  /** The process of a service; 0 when it has none. */
  pidOf(service: (typeof MASTER)[number] | 'hollow'): number {
    return this.#services.get(service)?.pid ?? 0;
  }

  /** Sends a command and waits until it can be seen; throws what refuses it. */
  async send(command: Pick<AnyCommand, 'type' | 'data'>): Promise<void> {
    const whole = { ...command, id: newCommandId(), actor: ADMINISTRATOR } as AnyCommand;
    const reply = await this.bus.command(whole, { timeoutMs: PATIENCE_MS });
    if (!reply.ok) throw new Error(`${command.type}: ${reply.status.message}`);
    await this.projection.waitFor(reply.position, PATIENCE_MS);
  }

  async create(resource: string, fields: object, namespace = 'default'): Promise<void> {
    const [, group = ''] = resource.split(/\.(.*)/);
    const apiVersion = group === '' ? 'v1' : `${group}/v1`;
    const object = { apiVersion, ...fields };
    await this.send({ type: 'CreateObject', data: { resource, namespace, object } } as Pick<
      AnyCommand,
      'type' | 'data'
    >);
  }

  readyNodes(): number {
    return this.projection.list('nodes').filter((node) => isConditionTrue(node, 'Ready')).length;
  }

  async stop(): Promise<void> {
    await this.projection.close();
    for (const service of [...this.#services.values()].reverse()) await service.stop();
    await this.bus.close();
    await this.parts.stop();
  }
}

/** A template of pods with one container, which ask for no token: no api is there that would give one. */
export function podTemplate(app: string, container: object, rest: object = {}): { metadata: object; spec: object } {
  const containers = [{ name: 'main', image: 'web:1', ...container }];
  return { metadata: { labels: { app } }, spec: { automountServiceAccountToken: false, containers, ...rest } };
}
