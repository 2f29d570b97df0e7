import { Module } from '@nestjs/common';
import { CacheModule } from '../cache/cache.module';
import { EventsModule } from '../handlers/events/events.module';
import { Bootstrap } from './bootstrap';
import { Start } from './start';

/** What comes between the first answer (503) and being ready. */
@Module({ imports: [CacheModule, EventsModule], providers: [Bootstrap, Start] })
export class StartModule {}
