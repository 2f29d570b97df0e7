import { Module } from '@nestjs/common';
import { CacheModule } from '../../cache/cache.module';
import { NarrationModule } from '../narration/narration.module';
import { Reader } from './reader';

/** get and list. */
@Module({ imports: [CacheModule, NarrationModule], providers: [Reader], exports: [Reader] })
export class ReadsModule {}
