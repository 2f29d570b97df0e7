import { Module } from '@nestjs/common';
import { CacheModule } from '../../cache/cache.module';
import { Narrator } from './narrator';
import { Overlay } from './overlay';
import { Recall } from './recall';
import { SignalController } from './signal.controller';

/** What is known beside the state of the log: Events, made from the log and from notes, and when nodes were last heard. */
@Module({
  imports: [CacheModule],
  controllers: [SignalController],
  providers: [Narrator, Overlay, Recall],
  exports: [Narrator, Overlay, Recall],
})
export class NarrationModule {}
