import { Module } from '@nestjs/common';
import { CacheModule } from '../../cache/cache.module';
import { AggregationHandler } from './aggregation-handler';
import { Availability } from './availability';
import { BackendConnections } from './backend-connections';
import { OtherVersions } from './other-versions';

/** Versions of the API that other servers serve. */
@Module({
  imports: [CacheModule],
  providers: [AggregationHandler, Availability, BackendConnections, OtherVersions],
  exports: [AggregationHandler, OtherVersions],
})
export class AggregationModule {}
