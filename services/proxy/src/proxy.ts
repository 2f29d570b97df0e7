import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import { channelsOf } from '@shiplog/contracts';
import { soundObject } from '@shiplog/admission';
import { Projection } from '@shiplog/projection';
import { background, BUS, CONFIG, HEALTH, LOGGER, type Health } from '@shiplog/service';
import { SyncLoop } from '@shiplog/wait';
import type { Logger } from 'pino';
import { NodeServices } from './domain/node-services';
import type { HealthCheck } from './domain/plan-health-check';
import { hostNetwork } from '@shiplog/hostnet';
import { HealthCheckServers } from './health-checks/health-check-servers';
import { BalancerLink } from './load-balancers/balancer-link';
import { serve, type ProxyBackend } from './proxy-backend';
import { nodePortAddressesOf, type ProxyConfig } from './settings';

const BACK_OFF = { firstMs: 200, longestMs: 30_000 };

/** Injects what chooses the backend: `() => Promise<ProxyBackend>`. */
export const BACKEND = Symbol('backend');

/** Keeps this node's services as the cluster has them: one sync at a time, with all that changed meanwhile in the next. */
@Injectable()
export class Proxy implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #services: NodeServices;
  readonly #healthChecks = new Map<string, HealthCheck>();
  readonly #healthServers: HealthCheckServers;
  readonly #dirty = new Set<string>();
  readonly #loop = new SyncLoop({
    run: () => this.#sync(),
    backOff: BACK_OFF,
    onError: (error, waitMs) => this.#failed(error, waitMs),
  });
  #backend: ProxyBackend | undefined;
  /** Only where rules of the kernel lead on what comes in for them. */
  #balancers: BalancerLink | undefined;
  #projection: Projection | undefined;
  #isVerifyDue = false;
  #isUpToDate = false;
  #isStopped = false;

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(CONFIG) private readonly config: ProxyConfig,
    @Inject(LOGGER) readonly logger: Logger,
    @Inject(HEALTH) readonly health: Health,
    @Inject(BACKEND) private readonly chooseBackend: () => Promise<ProxyBackend>,
  ) {
    this.#services = new NodeServices(config.nodeName);
    this.#healthServers = new HealthCheckServers(nodePortAddressesOf(config), () => this.#isUpToDate, logger);
  }

  onApplicationBootstrap(): void {
    this.health.notReady('waiting for the journal');
    background(this.#start(), this);
  }

  async onApplicationShutdown(): Promise<void> {
    this.#isStopped = true;
    await this.#loop.stop();
    await this.#projection?.close();
    this.#healthServers.stop();
    await this.#balancers?.stop();
    await this.#backend?.stop();
  }

  async #start(): Promise<void> {
    this.#backend = await this.chooseBackend();
    if (this.#backend.mode === 'nftables')
      this.#balancers = new BalancerLink(this.config.nodeName, hostNetwork, this.logger);
    const projection = await Projection.open(this.bus, {
      channels: channelsOf('proxy', this.config.nodeName),
      logger: this.logger,
      accept: soundObject,
    });
    this.#projection = projection;
    if (this.#isStopped) return projection.close();
    for (const key of this.#services.load(projection)) this.#dirty.add(key);
    projection.onApplied((batch) => {
      for (const applied of batch) for (const key of this.#services.apply(applied)) this.#dirty.add(key);
      this.#loop.wake();
    });
    this.#loop.wake();
    this.#loop.wakeEvery(this.config.verifyEvery, () => (this.#isVerifyDue = true));
    this.#loop.wakeEvery(this.config.reloadEvery, () => this.#backend?.forceFullSync());
  }

  async #sync(): Promise<void> {
    const backend = this.#backend;
    if (backend === undefined) return;
    const isVerifyDue = this.#isVerifyDue;
    this.#isVerifyDue = false;
    for (const key of this.#dirty) {
      serve(backend, key, () => this.#services.portsOf(key), this.logger);
      const check = this.#services.healthCheckOf(key);
      if (check === undefined) this.#healthChecks.delete(key);
      else this.#healthChecks.set(key, check);
      this.#balancers?.set(key, this.#services.announcedOf(key));
    }
    this.#dirty.clear();
    await backend.sync();
    await this.#balancers?.sync();
    if (isVerifyDue) await Promise.all([backend.verify(), this.#balancers?.verify()]);
    this.#isUpToDate = true;
    await this.#healthServers.sync([...this.#healthChecks.values()]);
    const details = [backend.detail(), this.#healthServers.detail(), this.#balancers?.detail() ?? ''];
    this.health.ready(details.filter((part) => part !== '').join('; '));
  }

  #failed(error: unknown, waitMs: number): void {
    this.#isUpToDate = false;
    this.logger.error({ err: error, waitMs }, 'services could not be brought up to date; trying again');
    this.health.notReady(`services are not up to date: ${error instanceof Error ? error.message : String(error)}`);
  }
}
