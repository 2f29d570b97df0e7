import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { AppliedEvent } from '@shiplog/cluster';
import { background, HEALTH, LOGGER, type Health } from '@shiplog/service';
import type { Logger } from 'pino';
import { ClusterView } from './cluster/cluster-view';
import { RuntimeConnection, type RuntimeListener } from './runtime/runtime-connection';
import { ImageArchives } from './images/archives/image-archives';
import { ImageGarbage } from './images/image-garbage';
import { NodeImages } from './images/node-images';
import { EvictionManager } from './eviction/eviction-manager';
import { NodePressure } from './eviction/node-pressure';
import { StorageLimits } from './eviction/storage-limits';
import { AllocatableLimit } from './node/allocatable-limit';
import { EngineCgroups } from './node/cgroups';
import { NodeAgent } from './node/node-agent';
import { PodManager } from './pod/pod-manager';
import { RuntimeHandlers } from './pod/runtime-handlers';
import type { EngineFacts } from './runtime/runtime';
import { isStatic, type Pod } from './domain/pod';
import { NodeShutdown } from './shutdown/node-shutdown';
import { StaticPods } from './static-pods/static-pods';

/** Brings the log and the engine together: first the log is read, then the engine is watched, then pods are seen to. */
@Injectable()
export class Kubelet implements OnApplicationBootstrap, RuntimeListener {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(HEALTH) private readonly health: Pick<Health, 'ready' | 'notReady'>,
    private readonly cluster: ClusterView,
    private readonly connection: RuntimeConnection,
    private readonly cgroups: EngineCgroups,
    private readonly limit: AllocatableLimit,
    private readonly handlers: RuntimeHandlers,
    private readonly archives: ImageArchives,
    private readonly images: ImageGarbage,
    private readonly nodeImages: NodeImages,
    private readonly agent: NodeAgent,
    private readonly manager: PodManager,
    private readonly pressure: NodePressure,
    private readonly eviction: EvictionManager,
    private readonly storage: StorageLimits,
    private readonly shutdown: NodeShutdown,
    private readonly statics: StaticPods,
  ) {}

  /** Not awaited: the journal may come later, and health says so meanwhile. */
  onApplicationBootstrap(): void {
    const { health, logger } = this;
    health.notReady('waiting for the journal');
    background(this.#start(), { health, logger });
  }

  async #start(): Promise<void> {
    // Static pods run without the cluster.
    if (this.statics.isOn) {
      await this.statics.start();
      this.connection.start(this);
    }
    if (!(await this.cluster.open())) return;
    this.cluster.onApplied((batch) => this.#applied(batch));
    this.agent.start();
    if (!this.statics.isOn) this.connection.start(this);
    else if (this.connection.isUp) this.manager.adopt();
    this.statics.wake();
  }

  #applied(batch: readonly AppliedEvent[]): void {
    this.manager.applied(batch);
    const isOfNode = batch.some(({ event }) => event.resource === 'nodes');
    if (isOfNode) this.agent.wake();
    if (isOfNode || batch.some(isOfMirror)) this.statics.wake();
  }

  engineUp(engine: EngineFacts): void {
    this.cgroups.useDriver(engine.cgroupDriver);
    this.limit.engineUp();
    this.handlers.use(engine.runtimes);
    this.archives.engineUp(engine);
    this.images.engineUp(engine);
    this.nodeImages.engineUp();
    this.pressure.engineUp(engine.imageFolder);
    this.agent.engineUp(engine);
    this.manager.adopt();
    this.eviction.engineUp();
    this.storage.engineUp();
    this.shutdown.engineUp();
    this.health.ready(`runs pods on ${engine.name} ${engine.version}`);
  }

  engineDown(reason: string): void {
    this.agent.engineDown(reason);
    this.health.notReady(`the container engine is away: ${reason}`);
  }
}

function isOfMirror({ event, before, after }: AppliedEvent): boolean {
  const pod = (after ?? before) as Pod | undefined;
  return event.resource === 'pods' && pod !== undefined && isStatic(pod);
}
