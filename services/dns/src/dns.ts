import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import { channelsOf } from '@shiplog/contracts';
import { soundObject } from '@shiplog/admission';
import { Projection } from '@shiplog/projection';
import { background, BUS, CONFIG, HEALTH, LOGGER, quietErrors, type Health } from '@shiplog/service';
import type { Logger } from 'pino';
import { Announcer } from './announce/announcer';
import { SERVICE_KEY, sliceOf } from './announce/objects';
import { Peers } from './announce/peers';
import { ClusterNames } from './domain/cluster-names';
import { parseStubDomains } from './domain/upstreams';
import { Zone } from './domain/zone';
import { Resolver } from './resolver';
import { TcpServer } from './server/tcp-server';
import { UdpServer } from './server/udp-server';
import { UpstreamClient } from './server/upstream-client';
import { UpstreamFile } from './server/upstream-file';
import type { DnsConfig } from './settings';

/** How long the journal may take to hear that this instance leaves, in milliseconds. */
const LEAVE_MS = 1_000;
const now = (): number => performance.now();

/** The names of the cluster, answered from the projection: what has changed is answered as soon as it has come. */
@Injectable()
export class Dns implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #names = new ClusterNames();
  readonly #client = new UpstreamClient();
  #projection: Projection | undefined;
  #udp: UdpServer | undefined;
  #tcp: TcpServer | undefined;
  #announcer: Announcer | undefined;
  #problem: string | undefined;
  #isStopped = false;

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(CONFIG) private readonly config: DnsConfig,
    @Inject(LOGGER) readonly logger: Logger,
    @Inject(HEALTH) readonly health: Health,
  ) {}

  onApplicationBootstrap(): void {
    this.health.notReady('waiting for the journal');
    background(this.#start(), this);
  }

  async onApplicationShutdown(): Promise<void> {
    this.#isStopped = true;
    await this.#announcer?.leave(LEAVE_MS);
    await Promise.all([this.#udp?.close(), this.#tcp?.close(), this.#projection?.close()]);
  }

  async #start(): Promise<void> {
    const { address, port } = this.config;
    const resolver = this.#newResolver();
    const projection = await Projection.open(this.bus, {
      channels: channelsOf('dns', this.config.instance),
      logger: this.logger,
      accept: soundObject,
    });
    this.#projection = projection;
    if (this.#isStopped) return projection.close();
    this.#names.load(projection);
    projection.onApplied((batch) => {
      for (const applied of batch) this.#names.apply(applied);
      this.#announcer?.wake();
      this.#report();
    });
    this.#udp = await UdpServer.listen(address, port, resolver, this.logger);
    this.#tcp = await TcpServer.listen(address, port, resolver);
    this.#announce(projection);
    this.#report();
  }

  #newResolver(): Resolver {
    const { config, logger } = this;
    const onError = quietErrors(logger);
    const own = [config.address, ...(config.clusterIp === undefined ? [] : [config.clusterIp])];
    const file = new UpstreamFile(config.resolvConf, own, now, (error) => onError(error, config.resolvConf));
    const stubs = parseStubDomains(config.stubDomains);
    return new Resolver({
      zone: new Zone(config.clusterDomain, this.#names, SERVICE_KEY),
      client: this.#client,
      upstreams: () => ({ others: file.servers, stubs }),
      now,
      onFailure: (error, name) => onError(error, `the question for ${name}`),
    });
  }

  #announce(projection: Projection): void {
    const { address, port, clusterIp, clusterDomain, instance } = this.config;
    if (clusterIp === undefined) return;
    this.#announcer = new Announcer({
      bus: this.bus,
      projection,
      peers: new Peers(this.#client, clusterDomain),
      own: { slice: sliceOf(instance), address, port },
      clusterIP: clusterIp,
      now,
      logger: this.logger,
      onProblem: (problem) => {
        this.#problem = problem;
        this.#report();
      },
    });
    this.#announcer.start();
  }

  /** It answers whatever is wrong with how it is announced. */
  #report(): void {
    const { address, port, clusterDomain } = this.config;
    const serves = `answers for ${clusterDomain} on ${address}:${port}, ${this.#names.services} Services`;
    this.health.ready(this.#problem === undefined ? serves : `${serves}; ${this.#problem}`);
  }
}
