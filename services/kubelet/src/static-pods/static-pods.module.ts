import { Module } from '@nestjs/common';
import { ClusterModule } from '../cluster/cluster.module';
import { PodsModule } from '../pod/pods.module';
import { StatusModule } from '../status/status.module';
import { StaticPods } from './static-pods';

/** The pods that this node runs by itself. */
@Module({ imports: [ClusterModule, PodsModule, StatusModule], providers: [StaticPods], exports: [StaticPods] })
export class StaticPodsModule {}
