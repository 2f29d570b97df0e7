import { Module } from '@nestjs/common';
import { CacheModule } from '../../cache/cache.module';
import { EventRecorder } from './event-recorder';
import { EphemeralState } from './ephemeral-state';
import { EventHistory } from './event-history';
import { SignalController } from './signal.controller';

/** What is known beside the state of the log: Events, made from the log and from notes, and when nodes were last heard. */
@Module({
  imports: [CacheModule],
  controllers: [SignalController],
  providers: [EventRecorder, EphemeralState, EventHistory],
  exports: [EventRecorder, EphemeralState, EventHistory],
})
export class EventsModule {}
