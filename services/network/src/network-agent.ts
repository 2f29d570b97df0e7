import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import { channelsOf } from '@shiplog/contracts';
import { hostNetwork } from '@shiplog/hostnet';
import { publishedPortsOf } from '@shiplog/kube';
import { soundObject } from '@shiplog/admission';
import { Projection } from '@shiplog/projection';
import { background, BUS, CONFIG, HEALTH, LOGGER, type Health } from '@shiplog/service';
import { SyncLoop } from '@shiplog/wait';
import type { Logger } from 'pino';
import { OverlaySync, type SyncOutcome } from './overlay/overlay-sync';
import { annotateNode } from './overlay/node-annotations';
import { PodPolicies } from './policies/pod-policies';
import { PodInterfaces } from './pods/pod-interfaces';
import { PodConnections } from './pods/pod-connections';
import { SourceGuard } from './pods/source-guard';
import type { NetworkConfig } from './settings';

const BACK_OFF = { firstMs: 200, longestMs: 15_000 };

/** Keeps this node's part of the pod network as the node objects ask, one sync at a time, and serves the kubelet. */
@Injectable()
export class NetworkAgent implements OnApplicationBootstrap, OnApplicationShutdown {
  #projection: Projection | undefined;
  #interfaces: PodInterfaces | undefined;
  /** The pod network that `#interfaces` serve. */
  #podCidr = '';
  #podCidrV6: string | undefined;
  /** Whether the next sync also looks at what no change tells of: where the bus is, and rules that others took away. */
  #isResyncDue = true;
  #isStopped = false;
  readonly #loop = new SyncLoop({
    run: () => this.#sync(),
    backOff: BACK_OFF,
    onError: (error, waitMs) => this.#failed(error, waitMs),
  });
  /** By itself: policies and pods change far more often than nodes do. */
  readonly #policyLoop = new SyncLoop({
    run: () => this.#syncPolicies(),
    backOff: BACK_OFF,
    onError: (error, waitMs) => this.#failed(error, waitMs, true),
  });
  #arePoliciesBehind = false;
  /** What the kernel does not tell of by itself. */
  readonly #lookLoop = new SyncLoop({
    run: () => this.#look(),
    backOff: BACK_OFF,
    onError: (error) => this.logger.warn({ err: error }, 'the rules in the kernel could not be looked at'),
  });
  #watch: { stop(): void } | undefined;

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(CONFIG) private readonly config: NetworkConfig,
    @Inject(LOGGER) readonly logger: Logger,
    @Inject(HEALTH) readonly health: Health,
    private readonly overlay: OverlaySync,
    private readonly connections: PodConnections,
    private readonly policies: PodPolicies,
    private readonly sources: SourceGuard,
  ) {}

  onApplicationBootstrap(): void {
    this.health.notReady('waiting for the journal');
    background(this.#start(), this);
  }

  /** Bridge, routes and interfaces stay: pods go on, and the next start takes them over. */
  async onApplicationShutdown(): Promise<void> {
    this.#isStopped = true;
    this.#watch?.stop();
    await this.#lookLoop.stop();
    await this.#loop.stop();
    await this.#policyLoop.stop();
    await this.#projection?.close();
  }

  async #start(): Promise<void> {
    const { nodeName, role } = this.config;
    const all = channelsOf('network', nodeName);
    // A host has no pods: it needs the ways to those of nodes only.
    const channels = role === 'node' ? all : all.filter(({ excerpt }) => excerpt === 'routes');
    const projection = await Projection.open(this.bus, { channels, logger: this.logger, accept: soundObject });
    this.#projection = projection;
    if (this.#isStopped) return projection.close();
    this.policies.load(projection);
    projection.onApplied((batch) => {
      if (this.policies.take(batch)) this.#policyLoop.wake();
      if (batch.some(({ event }) => event.resource === 'nodes')) this.#loop.wake();
    });
    this.#watch = this.overlay.watch(() => this.#loop.wake());
    if (role === 'node') this.#lookLoop.wakeEvery(this.config.lookEvery);
    this.#loop.wakeEvery(this.config.resyncEvery, () => (this.#isResyncDue = true));
    this.#loop.wake();
  }

  async #sync(): Promise<void> {
    const outcome = await this.overlay.run(this.#projection?.list('nodes') ?? []);
    if (outcome.state === 'waiting') this.health.notReady(outcome.reason);
    else await this.#settle(outcome);
    const node = this.#projection?.get('nodes', '', this.config.nodeName);
    if (node !== undefined && outcome.annotations !== undefined)
      await annotateNode(this.bus, node, outcome.annotations);
  }

  /** Somebody may have deleted tables, or flushed them. */
  async #look(): Promise<void> {
    const tables = await this.overlay.tables();
    if ([this.overlay, this.policies, this.sources].every((rules) => rules.stands(tables))) return;
    this.logger.warn('rules of the pod network are gone from the kernel; making them again');
    this.#isResyncDue = true;
    this.#loop.wake();
  }

  async #settle(outcome: Extract<SyncOutcome, { state: 'done' }>): Promise<void> {
    const { desired, podCidr } = outcome;
    if (this.config.role === 'node') await this.#connectPods(outcome);
    const ways = `${desired.routes.length} routes${podCidr === '' ? '' : ` from ${podCidr}`}`;
    const missing = desired.unreachable.map(({ node, reason }) => `; no way to ${node}: ${reason}`).join('');
    const { isolated } = this.policies;
    const policies = isolated === 0 ? '' : `; ${isolated} pods isolated by network policies`;
    this.health.ready(`${this.config.role === 'host' ? 'host-gw' : this.config.backend}, ${ways}${policies}${missing}`);
  }

  /** A resync stays due until it is done: the first rules that this process writes must keep pods from the bus. */
  async #connectPods(outcome: Extract<SyncOutcome, { state: 'done' }>): Promise<void> {
    const { podCidr } = outcome;
    const isResync = this.#isResyncDue;
    this.#isResyncDue = false;
    try {
      const interfaces = await this.#interfacesFor(outcome);
      if (outcome.desired.bridge !== undefined)
        await interfaces.mend(outcome.observed.links, outcome.desired.bridge.mtu);
      await this.#detachOrphans(interfaces);
      if (isResync) await this.policies.verify();
      if (isResync) await this.sources.verify();
      if (isResync) await this.overlay.refreshBus();
      await this.overlay.writeRules(podCidr, () => interfaces.ports(), { anyway: isResync });
      this.connections.ready({ interfaces, podCidr });
    } catch (error) {
      this.#isResyncDue ||= isResync;
      throw error;
    }
  }

  async #interfacesFor({
    desired,
    observed,
    podCidr,
    podCidrV6,
  }: Extract<SyncOutcome, { state: 'done' }>): Promise<PodInterfaces> {
    const isSame = this.#podCidr === podCidr && this.#podCidrV6 === podCidrV6;
    if (this.#interfaces !== undefined && isSame) return this.#interfaces;
    const bridge = { podCidr, podCidrV6, mtu: desired.bridge?.mtu ?? 1500 };
    const interfaces = new PodInterfaces(bridge, hostNetwork, this.logger, [this.policies, this.sources]);
    await interfaces.recover(observed, (uid) =>
      publishedPortsOf(this.#pods().find((pod) => pod.metadata.uid === uid)?.spec),
    );
    await this.sources.start(podCidr, interfaces.connected(), podCidrV6);
    await this.policies.start(podCidr, interfaces.connected(), podCidrV6);
    [this.#podCidr, this.#podCidrV6] = [podCidr, podCidrV6];
    this.#interfaces = interfaces;
    return interfaces;
  }

  async #detachOrphans(interfaces: PodInterfaces): Promise<void> {
    for (const uid of interfaces.orphans(new Set(this.#pods().map((pod) => pod.metadata.uid)))) {
      this.logger.info({ uid }, 'a connected pod is no longer in the cluster; disconnecting it');
      await interfaces.detach(uid);
    }
  }

  #pods() {
    return this.#projection?.list('pods') ?? [];
  }

  async #syncPolicies(): Promise<void> {
    await this.policies.sync();
    if (!this.#arePoliciesBehind) return;
    this.#arePoliciesBehind = false;
    this.#loop.wake();
  }

  #failed(error: unknown, waitMs: number, isOfPolicies = false): void {
    const part = isOfPolicies ? 'the rules of network policies' : 'the pod network';
    if (isOfPolicies) this.#arePoliciesBehind = true;
    this.logger.error({ err: error, waitMs }, `${part} could not be brought up to date; trying again`);
    this.health.notReady(`not up to date: ${error instanceof Error ? error.message : String(error)}`);
  }
}
