import { Module } from '@nestjs/common';
import { CacheModule } from '../../cache/cache.module';
import { EventsModule } from '../events/events.module';
import { ReadHandler } from './read-handler';

/** get and list. */
@Module({ imports: [CacheModule, EventsModule], providers: [ReadHandler], exports: [ReadHandler] })
export class ReadsModule {}
