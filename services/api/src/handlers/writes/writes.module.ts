import { Module } from '@nestjs/common';
import { CacheModule } from '../../cache/cache.module';
import { EventsModule } from '../events/events.module';
import { YamlReader } from './yaml-reader';
import { MutationHandler } from './mutation-handler';
import { WriteResults } from './write-results';

/** create, update, patch, delete and deletecollection. */
@Module({
  imports: [CacheModule, EventsModule],
  providers: [MutationHandler, WriteResults, { provide: YamlReader, useFactory: () => new YamlReader() }],
  exports: [MutationHandler, YamlReader],
})
export class WritesModule {}
