import { Module } from '@nestjs/common';
import { AuthenticationModule } from '../authentication/authentication.module';
import { CacheModule } from '../cache/cache.module';
import { EventsModule } from '../handlers/events/events.module';
import { Bootstrap } from './bootstrap';
import { Start } from './start';
import { TokenSecrets } from './token-secrets/token-secrets';

/** What comes between the first answer (503) and being ready. */
@Module({ imports: [AuthenticationModule, CacheModule, EventsModule], providers: [Bootstrap, Start, TokenSecrets] })
export class StartModule {}
