import { Module } from '@nestjs/common';
import { ClusterModule } from '../cluster/cluster.module';
import { NodeModule } from '../node/node.module';
import { PodAdmission } from './pod-admission';

/** Which pods this node takes. */
@Module({ imports: [ClusterModule, NodeModule], providers: [PodAdmission], exports: [PodAdmission] })
export class AdmissionModule {}
