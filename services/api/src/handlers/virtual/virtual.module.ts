import { Module } from '@nestjs/common';
import { KubeletUsage } from '@shiplog/service';
import { AuthenticationModule } from '../../authentication/authentication.module';
import { CacheModule } from '../../cache/cache.module';
import { WritesModule } from '../writes/writes.module';
import { ComponentHealth } from './component-health';
import { SchedulingReviews } from './scheduling/scheduling-reviews';
import { ResourceMetrics } from './metrics/resource-metrics';
import { VirtualHandler } from './virtual-handler';

/** What is served without being stored: reviews, the health of components, and what nodes and pods use. */
@Module({
  imports: [AuthenticationModule, CacheModule, WritesModule],
  providers: [ComponentHealth, KubeletUsage, ResourceMetrics, SchedulingReviews, VirtualHandler],
  exports: [VirtualHandler],
})
export class VirtualModule {}
