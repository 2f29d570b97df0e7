import { Module } from '@nestjs/common';
import { ReadBarrier } from './barrier';
import { ClusterView } from './cluster-view';
import { Hub } from './hub';
import { Versions } from './versions';

/** The api's copy of the cluster: its state, its recent changes, and the way to its past. */
@Module({ providers: [ClusterView, Hub, ReadBarrier, Versions], exports: [ClusterView, Hub, ReadBarrier, Versions] })
export class CacheModule {}
