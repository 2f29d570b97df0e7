import { Module } from '@nestjs/common';
import { AuthenticationModule } from '../../authentication/authentication.module';
import { CacheModule } from '../../cache/cache.module';
import { WritesModule } from '../writes/writes.module';
import { ComponentHealth } from './component-health';
import { VirtualHandler } from './virtual-handler';

/** What is served without being stored: reviews, and the health of components. */
@Module({
  imports: [AuthenticationModule, CacheModule, WritesModule],
  providers: [ComponentHealth, VirtualHandler],
  exports: [VirtualHandler],
})
export class VirtualModule {}
