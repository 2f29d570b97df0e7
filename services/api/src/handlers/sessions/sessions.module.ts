import { Module } from '@nestjs/common';
import { CacheModule } from '../../cache/cache.module';
import { AdmissionModule } from '../admission/admission.module';
import { SessionHandler } from './session-handler';

/** Sessions with containers, and connections to ports of pods. */
@Module({ imports: [AdmissionModule, CacheModule], providers: [SessionHandler], exports: [SessionHandler] })
export class SessionsModule {}
