import { Module } from '@nestjs/common';
import { CacheModule } from '../../cache/cache.module';
import { EventsModule } from '../events/events.module';
import { Reader } from './reader';

/** get and list. */
@Module({ imports: [CacheModule, EventsModule], providers: [Reader], exports: [Reader] })
export class ReadsModule {}
