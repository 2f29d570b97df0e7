import { Module } from '@nestjs/common';
import { CacheModule } from '../../cache/cache.module';
import { NarrationModule } from '../narration/narration.module';
import { Watches } from './watches';

/** watch. */
@Module({ imports: [CacheModule, NarrationModule], providers: [Watches], exports: [Watches] })
export class WatchModule {}
