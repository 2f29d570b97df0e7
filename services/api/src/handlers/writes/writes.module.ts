import { Module } from '@nestjs/common';
import { CacheModule } from '../../cache/cache.module';
import { ConversionModule } from '../conversion/conversion.module';
import { EventsModule } from '../events/events.module';
import { ConvertedWrites } from './converted-writes';
import { YamlReader } from './yaml-reader';
import { MutationHandler } from './mutation-handler';
import { WriteResults } from './write-results';

/** create, update, patch, delete and deletecollection. */
@Module({
  imports: [CacheModule, ConversionModule, EventsModule],
  providers: [
    ConvertedWrites,
    MutationHandler,
    WriteResults,
    { provide: YamlReader, useFactory: () => new YamlReader() },
  ],
  exports: [MutationHandler, YamlReader],
})
export class WritesModule {}
