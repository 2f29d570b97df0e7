import { Module } from '@nestjs/common';
import { CacheModule } from '../../cache/cache.module';
import { Logs } from './logs';

/** The logs of containers. */
@Module({ imports: [CacheModule], providers: [Logs], exports: [Logs] })
export class LogsModule {}
