import { Module } from '@nestjs/common';
import { AccountTokensModule } from '../account-tokens/account-tokens.module';
import { ClusterModule } from '../cluster/cluster.module';
import { StatusModule } from '../status/status.module';
import { CONFIG_SOURCE } from '../tokens';
import { ClusterConfig } from './cluster-config';
import { ReferenceQuery } from './reference-query';
import { ReferenceSync } from './reference-sync';
import { ReferenceController } from './reference.controller';
import { References } from './references';

/** The Secrets and ConfigMaps of this node's pods. */
@Module({
  imports: [AccountTokensModule, ClusterModule, StatusModule],
  controllers: [ReferenceController],
  providers: [References, ReferenceQuery, ReferenceSync, { provide: CONFIG_SOURCE, useClass: ClusterConfig }],
  exports: [References, CONFIG_SOURCE],
})
export class ReferencesModule {}
