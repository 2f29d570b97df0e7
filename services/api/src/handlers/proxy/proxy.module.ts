import { Module } from '@nestjs/common';
import { CacheModule } from '../../cache/cache.module';
import { AdmissionModule } from '../admission/admission.module';
import { ProxyHandler } from './proxy-handler';

/** Requests that go to pods, Services and nodes. */
@Module({ imports: [AdmissionModule, CacheModule], providers: [ProxyHandler], exports: [ProxyHandler] })
export class ProxyModule {}
