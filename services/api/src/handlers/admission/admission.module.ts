import { Module } from '@nestjs/common';
import { CacheModule } from '../../cache/cache.module';
import { ConnectAdmission } from './connect-admission';

/** What the cluster's own policies and webhooks say of requests that no command stands for: connections. */
@Module({ imports: [CacheModule], providers: [ConnectAdmission], exports: [ConnectAdmission] })
export class AdmissionModule {}
