import { Module } from '@nestjs/common';
import { ClusterModule } from './cluster/cluster.module';
import { RuntimeModule } from './runtime/runtime.module';
import { Kubelet } from './kubelet';
import { EvictionModule } from './eviction/eviction.module';
import { LogsModule } from './logs/logs.module';
import { NodeModule } from './node/node.module';
import { PodsModule } from './pod/pods.module';
import { ShutdownModule } from './shutdown/shutdown.module';
import { StaticPodsModule } from './static-pods/static-pods.module';
import { SessionsModule } from './sessions/sessions.module';
import { UsageModule } from './usage/usage.module';

/** The kubelet: runs the pods of one node. */
@Module({
  imports: [
    ClusterModule,
    RuntimeModule,
    NodeModule,
    PodsModule,
    EvictionModule,
    LogsModule,
    SessionsModule,
    ShutdownModule,
    StaticPodsModule,
    UsageModule,
  ],
  providers: [Kubelet],
})
export class KubeletModule {}
