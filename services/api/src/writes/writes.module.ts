import { Module } from '@nestjs/common';
import { CacheModule } from '../cache/cache.module';
import { NarrationModule } from '../narration/narration.module';
import { Writer } from './writer';

/** create, update, patch, delete and deletecollection. */
@Module({ imports: [CacheModule, NarrationModule], providers: [Writer], exports: [Writer] })
export class WritesModule {}
