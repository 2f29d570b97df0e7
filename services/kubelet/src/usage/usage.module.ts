import { Module } from '@nestjs/common';
import { NodeModule } from '../node/node.module';
import { RuntimeModule } from '../runtime/runtime.module';
import { CgroupReader } from './cgroup-reader';
import { UsageReader } from './usage-reader';

const reader = { provide: CgroupReader, useFactory: () => new CgroupReader() };

/** What pods and the node use. */
@Module({
  imports: [NodeModule, RuntimeModule],
  providers: [reader, UsageReader],
  exports: [UsageReader, reader],
})
export class UsageModule {}
