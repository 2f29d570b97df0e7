import { Module } from '@nestjs/common';
import { hostNetwork } from '@shiplog/hostnet';
import { CONFIG, LOGGER } from '@shiplog/service';
import { OverlaySync } from './overlay/overlay-sync';
import { NetworkAgent } from './network-agent';
import { AttachController } from './pods/attach.controller';
import { PodConnections } from './pods/pod-connections';
import type { NetworkConfig } from './settings';
import type { Logger } from 'pino';

const overlaySync = {
  provide: OverlaySync,
  inject: [CONFIG, LOGGER],
  useFactory: (config: NetworkConfig, logger: Logger) => new OverlaySync(config, hostNetwork, logger),
};

/** The pod network of one node. */
@Module({ controllers: [AttachController], providers: [overlaySync, PodConnections, NetworkAgent] })
export class NetworkModule {}
