import { Module } from '@nestjs/common';
import { hostNetwork } from '@shiplog/hostnet';
import { CONFIG, LOGGER } from '@shiplog/service';
import { clusterRanges } from './domain/ranges';
import { OverlaySync } from './overlay/overlay-sync';
import { NetworkAgent } from './network-agent';
import { AttachController } from './pods/attach.controller';
import { PodConnections } from './pods/pod-connections';
import { PodPolicies } from './policies/pod-policies';
import { PolicyDropsController } from './policies/policy-drops.controller';
import { PolicyRules } from './policies/policy-rules';
import { SourceGuard } from './pods/source-guard';
import type { NetworkConfig } from './settings';
import type { Logger } from 'pino';

const overlaySync = {
  provide: OverlaySync,
  inject: [CONFIG, LOGGER],
  useFactory: (config: NetworkConfig, logger: Logger) => new OverlaySync(config, hostNetwork, logger),
};

const policyRules = {
  provide: PolicyRules,
  inject: [CONFIG, LOGGER],
  useFactory: (config: NetworkConfig, logger: Logger) =>
    new PolicyRules(config.nodeName, hostNetwork, logger, { isDualStack: clusterRanges(config).v6 !== undefined }),
};

const sourceGuard = {
  provide: SourceGuard,
  inject: [CONFIG, LOGGER],
  useFactory: ({ nodeName }: NetworkConfig, logger: Logger) => new SourceGuard(nodeName, hostNetwork, logger),
};

/** The pod network of one node. */
@Module({
  controllers: [AttachController, PolicyDropsController],
  providers: [overlaySync, policyRules, sourceGuard, PodPolicies, PodConnections, NetworkAgent],
})
export class NetworkModule {}
