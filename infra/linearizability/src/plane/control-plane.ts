import { readFileSync } from 'node:fs';
import { connectBus, type Bus } from '@shiplog/bus';
import type { Identity } from '@shiplog/contracts';
import { TcpProxy, type Upstream } from '@shiplog/testing';
import { makeCluster, takeDown } from '../../../bench/src/parts/home';
import type { Cluster } from '../../../launcher/src/cluster';
import { nats } from '../../../launcher/src/nats/nats';
import { ADMIN } from '../../../launcher/src/nats/identities';
import { isAlive } from '../../../launcher/src/processes/identity';
import { controlPlaneSpecs } from '../../../launcher/src/services/service-specs';
import {
  processName,
  serviceReady,
  startService,
  type ServiceSpec,
} from '../../../launcher/src/services/service-process';
import { certificates } from '../../../launcher/src/steps/certificates';
import { postgres } from '../../../launcher/src/steps/postgres';
import { freePort } from '../../../launcher/src/system/ports';
import { waitUntil } from '../../../launcher/src/waiting';
import type { LinkName, ProcessName } from '../faults/plan/faults';
import { postgresAddress } from './postgres-address';

export interface PlaneOptions {
  /** How long a journal that hangs is waited for, in milliseconds. */
  readonly leaseMs: number;
  /** How long the journal may take to answer an api. */
  readonly commandMs: number;
}

/** Where an api is reached, and what its clients show and expect. */
export interface ApiEndpoint {
  readonly port: number;
  readonly ca: string;
  readonly token: string;
}

/** So long anything is given to come (back) to life. */
const ALIVE_WITHIN_MS = 60_000;

/**
 * A control plane that things can be done to: two journals, two apis with linearizable reads, a scheduler and a
 * controller; NATS and Postgres are reached through links that can be disturbed. No minions. Everything is its own, in
 * a state folder that goes with it.
 */
export class ControlPlane {
  readonly #links = new Map<LinkName, TcpProxy>();
  readonly #specs: ServiceSpec[] = [];

  private constructor(
    readonly cluster: Cluster,
    private readonly options: PlaneOptions,
  ) {}

  static async start(options: PlaneOptions): Promise<ControlPlane> {
    const cluster = await makeCluster(1);
    // Nothing runs pods here: the services only need an address of this machine.
    cluster.mode = { kind: 'own-engine', dockerHost: 'unix:///nowhere' };
    const plane = new ControlPlane(cluster, options);
    try {
      await plane.#start();
      return plane;
    } catch (error) {
      await plane.stop();
      throw error;
    }
  }

  /** The apis, in the order of their names. */
  get apis(): ApiEndpoint[] {
    const { home } = this.cluster;
    const token = readFileSync(home.tokens, 'utf8').split(',', 1)[0] ?? '';
    const ca = readFileSync(home.at('pki', 'ca.crt'), 'utf8');
    return this.#specs
      .filter(({ service }) => service === 'api')
      .map(({ env }) => ({ port: Number(env.API_PORT), ca, token }));
  }

  /** A connection of a person with all rights, past the links. */
  bus(name: string): Promise<Bus> {
    const { natsUrl, natsAccess } = this.cluster;
    // What breaks is meant to: the clients see it in their answers.
    const onError = (): void => undefined;
    return connectBus({ url: natsUrl, name, identity: ADMIN, credentials: natsAccess.files(ADMIN), onError });
  }

  link(name: LinkName): TcpProxy {
    const link = this.#links.get(name);
    if (link === undefined) throw new Error(`there is no link from ${name}`);
    return link;
  }

  /** Sends a signal to a process of this plane, if it runs just now. */
  signal(name: ProcessName, signal: NodeJS.Signals): void {
    const state = this.cluster.registry.get(name)?.state;
    if (state?.kind === 'running' && isAlive(state.identity)) process.kill(state.identity.pid, signal);
  }

  /** How often each process has been started again. */
  get restarts(): ReadonlyMap<string, number> {
    return new Map(this.cluster.registry.all().map(({ spec, restarts }) => [spec.name, restarts]));
  }

  /** Resolves when everything does its work: one of the journals leads, and both apis are ready. */
  async ready(): Promise<void> {
    const view = await this.cluster.health();
    const ask = async (): Promise<true> => {
      const reports = await Promise.all(this.#specs.map(({ service, instance }) => view.of(service, instance)));
      const isReady = (index: number): boolean => reports[index]?.ready === true;
      const lacking = this.#specs.filter(({ service }, index) => service !== 'journal' && !isReady(index));
      const leads = this.#specs.some(({ service }, index) => service === 'journal' && isReady(index));
      if (lacking.length > 0 || !leads) {
        const names = [...lacking.map(processName), ...(leads ? [] : ['a journal that leads'])];
        throw new Error(`still missing: ${names.join(', ')}`);
      }
      return true;
    };
    await waitUntil(ask, { name: 'the control plane', within: ALIVE_WITHIN_MS });
  }

  /** Ends whatever is being done to links and processes. */
  heal(): void {
    for (const link of this.#links.values()) link.heal();
    for (const { spec } of this.cluster.registry.all()) this.signal(spec.name as ProcessName, 'SIGCONT');
  }

  async stop(): Promise<void> {
    this.heal();
    await takeDown(this.cluster);
    for (const link of this.#links.values()) await link.stop();
  }

  async #start(): Promise<void> {
    const { cluster } = this;
    await certificates.run(cluster, () => undefined);
    await Promise.all([nats, postgres].map((step) => step.run(cluster, () => undefined)));
    const others: Identity[] = [
      { role: 'journal', name: 'standby' },
      { role: 'api', name: 'second' },
    ];
    await cluster.ownNats?.admit(...others);
    await this.#makeSpecs();
    const started = await Promise.all(
      this.#specs.map(async (spec) => ({ spec, managed: await startService(cluster, spec) })),
    );
    const lasting = started.filter(({ spec }) => spec.service !== 'journal');
    await Promise.all(lasting.map(({ spec, managed }) => serviceReady(cluster, spec, managed)));
    await this.ready();
  }

  async #makeSpecs(): Promise<void> {
    const { journal, api, scheduler, controller } = controlPlaneSpecs(this.cluster);
    this.#specs.push(
      await this.#journal(journal),
      await this.#journal({ ...journal, instance: 'standby' }),
      await this.#api(api),
      await this.#api({ ...api, instance: 'second' }, await freePort(0, '127.0.0.1')),
      scheduler,
      controller,
    );
  }

  async #journal(spec: ServiceSpec): Promise<ServiceSpec> {
    const address = postgresAddress(this.cluster.databaseUrl);
    const link = await this.#linkOf(`${processName(spec)} to postgres` as LinkName, address.upstream);
    const env = { DATABASE_URL: address.urlAt(link.port), LEASE_TTL: `${this.options.leaseMs}ms` };
    return this.#linked({ ...spec, env: { ...spec.env, ...env } });
  }

  #api(spec: ServiceSpec, port = Number(spec.env.API_PORT)): Promise<ServiceSpec> {
    const env = {
      API_PORT: String(port),
      READ_CONSISTENCY: 'linearizable',
      COMMAND_TIMEOUT: `${this.options.commandMs}ms`,
    };
    return this.#linked({ ...spec, env: { ...spec.env, ...env } });
  }

  /** NATS' certificate is good for 127.0.0.1, whatever the port. */
  async #linked(spec: ServiceSpec): Promise<ServiceSpec> {
    const { hostname, port } = new URL(this.cluster.natsUrl);
    const name = `${processName(spec)} to nats` as LinkName;
    const link = await this.#linkOf(name, { host: hostname, port: Number(port) });
    return { ...spec, env: { ...spec.env, NATS_URL: `tls://127.0.0.1:${link.port}` } };
  }

  async #linkOf(name: LinkName, upstream: Upstream): Promise<TcpProxy> {
    const link = await TcpProxy.start(upstream);
    this.#links.set(name, link);
    return link;
  }
}
