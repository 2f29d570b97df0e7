import { Module } from '@nestjs/common';
import { CacheModule } from '../../cache/cache.module';
import { LogHandler } from './log-handler';

/** The logs of containers. */
@Module({ imports: [CacheModule], providers: [LogHandler], exports: [LogHandler] })
export class LogsModule {}
