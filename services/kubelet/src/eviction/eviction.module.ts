import { Module } from '@nestjs/common';
import { NodeModule } from '../node/node.module';
import { PodsModule } from '../pod/pods.module';
import { RuntimeModule } from '../runtime/runtime.module';
import { StatusModule } from '../status/status.module';
import { UsageModule } from '../usage/usage.module';
import { DeadContainers } from './dead-containers';
import { EvictionManager } from './eviction-manager';
import { PodUses } from './pod-uses';
import { StorageLimits } from './storage-limits';

/** What is done when this node runs short of something. */
@Module({
  imports: [NodeModule, PodsModule, RuntimeModule, StatusModule, UsageModule],
  providers: [DeadContainers, EvictionManager, PodUses, StorageLimits],
  exports: [EvictionManager, StorageLimits],
})
export class EvictionModule {}
