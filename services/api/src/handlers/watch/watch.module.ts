import { Module } from '@nestjs/common';
import { CacheModule } from '../../cache/cache.module';
import { EventsModule } from '../events/events.module';
import { WatchHandler } from './watch-handler';

/** watch. */
@Module({ imports: [CacheModule, EventsModule], providers: [WatchHandler], exports: [WatchHandler] })
export class WatchModule {}
