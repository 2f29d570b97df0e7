import { Module } from '@nestjs/common';
import { ClusterView } from './cluster-view';

/** The kubelet's copy of its part of the cluster. */
@Module({ providers: [ClusterView], exports: [ClusterView] })
export class ClusterModule {}
