import { Module } from '@nestjs/common';
import { CacheModule } from '../../cache/cache.module';
import { EventsModule } from '../events/events.module';
import { YamlReader } from '../../rest/yaml';
import { Writer } from './writer';
import { Written } from './written';

/** create, update, patch, delete and deletecollection. */
@Module({
  imports: [CacheModule, EventsModule],
  providers: [Writer, Written, { provide: YamlReader, useFactory: () => new YamlReader() }],
  exports: [Writer],
})
export class WritesModule {}
