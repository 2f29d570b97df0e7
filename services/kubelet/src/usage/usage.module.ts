import { Module } from '@nestjs/common';
import { NodeModule } from '../node/node.module';
import { RuntimeModule } from '../runtime/runtime.module';
import { CgroupReader } from './cgroup-reader';
import { NodePages } from './node-pages';
import { UsageReader } from './usage-reader';
import { UsageController } from './usage.controller';

const reader = { provide: CgroupReader, useFactory: () => new CgroupReader() };

/** What pods and the node use. */
@Module({
  imports: [NodeModule, RuntimeModule],
  controllers: [UsageController],
  providers: [reader, UsageReader, NodePages],
  exports: [UsageReader, reader],
})
export class UsageModule {}
