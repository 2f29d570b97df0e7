import { Module } from '@nestjs/common';
import { CONFIG } from '@shiplog/service';
import { NodeModule } from '../node/node.module';
import { PodsModule } from '../pod/pods.module';
import type { KubeletConfig } from '../settings';
import { StatusModule } from '../status/status.module';
import { Logind } from './logind';
import { NodeShutdown } from './node-shutdown';

const logind = {
  provide: Logind,
  inject: [CONFIG],
  useFactory: ({ nodeName, systemBus }: KubeletConfig) => new Logind(`kubelet ${nodeName}`, systemBus),
};

/** What is done when this machine goes down. */
@Module({ imports: [NodeModule, PodsModule, StatusModule], providers: [logind, NodeShutdown], exports: [NodeShutdown] })
export class ShutdownModule {}
