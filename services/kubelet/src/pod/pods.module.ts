import { Module } from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import { BUS, CONFIG } from '@shiplog/service';
import { ClusterModule } from '../cluster/cluster.module';
import type { PodRuntime } from '../runtime/runtime';
import { RuntimeModule } from '../runtime/runtime.module';
import { HollowNetwork } from '../networking/hollow-network';
import { AgentNetwork, EngineNetwork, type PodNetwork } from '../networking/pod-network';
import { NodeModule } from '../node/node.module';
import type { MachineFacts } from '../node/render/node-status';
import { AccountTokensModule } from '../account-tokens/account-tokens.module';
import { AdmissionModule } from '../admission/admission.module';
import { ReferencesModule } from '../references/references.module';
import type { KubeletConfig } from '../settings';
import { StatusModule } from '../status/status.module';
import { MACHINE, POD_NETWORK, POD_RUNTIME } from '../tokens';
import { LocalVolumes } from '../volumes/local/local-volumes';
import { LocalVolumesController } from '../volumes/local/local-volumes.controller';
import { NodeMounts } from '../volumes/mounts/node-mounts';
import { VolumeManager } from '../volumes/volume-manager';
import { ImageArchives } from '../images/archives/image-archives';
import { ImageGarbage } from '../images/image-garbage';
import { NodeImages } from '../images/node-images';
import { ContainerSpecs } from './container-specs';
import { ImagePuller } from './image-puller';
import { PodDeletion } from './pod-deletion';
import { PodManager } from './pod-manager';
import { PodReports } from './pod-reports';
import { PodWorkers } from './pod-workers';
import { PodResizes } from '../resize/pod-resizes';
import { Resizer } from '../resize/resizer';
import { RuntimeHandlers } from './runtime-handlers';
import { Sandboxes } from './sandbox';
import { StartLimiter } from './start-limiter';
import { Starter } from './starter';
import { Stopper } from './stopper';

const network = {
  provide: POD_NETWORK,
  inject: [CONFIG, BUS, MACHINE],
  useFactory: (config: KubeletConfig, bus: Bus, { ips }: MachineFacts): PodNetwork => {
    const { podNetwork, dockerNetwork, nodeName } = config;
    if (config.containerRuntime === 'hollow') return new HollowNetwork(config.hollowPodRange, ips);
    return podNetwork === 'docker' ? new EngineNetwork(dockerNetwork, ips) : new AgentNetwork(bus, nodeName, ips);
  },
};

const limiter = {
  provide: StartLimiter,
  inject: [CONFIG],
  useFactory: ({ maxParallelStarts }: KubeletConfig) => new StartLimiter(maxParallelStarts),
};

const mounts = {
  provide: NodeMounts,
  inject: [POD_RUNTIME, CONFIG],
  useFactory: (runtime: PodRuntime, { stateDir }: KubeletConfig) => new NodeMounts(runtime, stateDir),
};

/** Sees to the pods of this node. */
@Module({
  imports: [
    AdmissionModule,
    ClusterModule,
    RuntimeModule,
    NodeModule,
    AccountTokensModule,
    ReferencesModule,
    StatusModule,
  ],
  controllers: [LocalVolumesController],
  providers: [
    network,
    limiter,
    mounts,
    VolumeManager,
    LocalVolumes,
    Sandboxes,
    ImagePuller,
    ContainerSpecs,
    RuntimeHandlers,
    ImageArchives,
    ImageGarbage,
    NodeImages,
    Starter,
    Stopper,
    PodDeletion,
    PodReports,
    PodResizes,
    Resizer,
    PodWorkers,
    PodManager,
  ],
  exports: [ImageArchives, ImageGarbage, NodeImages, PodDeletion, PodManager, RuntimeHandlers],
})
export class PodsModule {}
