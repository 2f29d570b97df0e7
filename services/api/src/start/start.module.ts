import { Module } from '@nestjs/common';
import { CacheModule } from '../cache/cache.module';
import { NarrationModule } from '../handlers/narration/narration.module';
import { Bootstrap } from './bootstrap';
import { Start } from './start';

/** What comes between the first answer (503) and being ready. */
@Module({ imports: [CacheModule, NarrationModule], providers: [Bootstrap, Start] })
export class StartModule {}
