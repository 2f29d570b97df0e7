import { Module } from '@nestjs/common';
import { CacheModule } from '../../cache/cache.module';
import { ProxyHandler } from './proxy-handler';

/** Requests that go to pods, Services and nodes. */
@Module({ imports: [CacheModule], providers: [ProxyHandler], exports: [ProxyHandler] })
export class ProxyModule {}
