import { Module } from '@nestjs/common';
import { PodsModule } from '../pod/pods.module';
import { RuntimeModule } from '../runtime/runtime.module';
import { ExecRecords } from './exec-records';
import { NamespaceDialers } from './namespace-dialers';
import { PodDialer } from './pod-dialer';
import { RunningContainers } from './running-container';
import { SessionController } from './session.controller';
import { Sessions } from './sessions';

/** exec, attach and port-forward. */
@Module({
  imports: [RuntimeModule, PodsModule],
  controllers: [SessionController],
  providers: [RunningContainers, ExecRecords, Sessions, NamespaceDialers, PodDialer],
})
export class SessionsModule {}
