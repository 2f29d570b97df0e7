import { Module } from '@nestjs/common';
import { RuntimeModule } from '../runtime/runtime.module';
import { PodsModule } from '../pod/pods.module';
import { LogController } from './log.controller';

/** The logs of containers. */
@Module({ imports: [RuntimeModule, PodsModule], controllers: [LogController] })
export class LogsModule {}
