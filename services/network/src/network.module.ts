import { Module } from '@nestjs/common';
import { ownKernel } from '@shiplog/hostnet';
import { CONFIG, LOGGER } from '@shiplog/service';
import { FabricSync } from './fabric/fabric-sync';
import { NetworkAgent } from './network-agent';
import { AttachController } from './pods/attach.controller';
import { PodConnections } from './pods/pod-connections';
import type { NetworkConfig } from './settings';
import type { Logger } from 'pino';

const fabricSync = {
  provide: FabricSync,
  inject: [CONFIG, LOGGER],
  useFactory: (config: NetworkConfig, logger: Logger) => new FabricSync(config, ownKernel, logger),
};

/** The pod network of one node. */
@Module({ controllers: [AttachController], providers: [fabricSync, PodConnections, NetworkAgent] })
export class NetworkModule {}
