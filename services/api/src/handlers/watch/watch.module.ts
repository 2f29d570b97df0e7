import { Module } from '@nestjs/common';
import { CacheModule } from '../../cache/cache.module';
import { ConversionModule } from '../conversion/conversion.module';
import { EventsModule } from '../events/events.module';
import { WatchHandler } from './watch-handler';

/** watch. */
@Module({ imports: [CacheModule, ConversionModule, EventsModule], providers: [WatchHandler], exports: [WatchHandler] })
export class WatchModule {}
