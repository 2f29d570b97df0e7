import { Module } from '@nestjs/common';
import { CacheModule } from '../../cache/cache.module';
import { EventsModule } from '../events/events.module';
import { Watches } from './watches';

/** watch. */
@Module({ imports: [CacheModule, EventsModule], providers: [Watches], exports: [Watches] })
export class WatchModule {}
