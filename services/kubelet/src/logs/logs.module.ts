import { Module } from '@nestjs/common';
import { EngineModule } from '../engine.module';
import { PodsModule } from '../pod/pods.module';
import { LogController } from './log.controller';

/** The logs of containers. */
@Module({ imports: [EngineModule, PodsModule], controllers: [LogController] })
export class LogsModule {}
