import { Module } from '@nestjs/common';
import { CacheModule } from '../../cache/cache.module';
import { ConversionModule } from '../conversion/conversion.module';
import { EventsModule } from '../events/events.module';
import { ReadHandler } from './read-handler';

/** get and list. */
@Module({ imports: [CacheModule, ConversionModule, EventsModule], providers: [ReadHandler], exports: [ReadHandler] })
export class ReadsModule {}
