import { Module } from '@nestjs/common';
import { CONFIG } from '@shiplog/service';
import type { ControllerConfig } from '../settings';
import { HeartbeatController } from './heartbeat.controller';
import { Heartbeats } from './heartbeats';
import { Listening } from './listening';

/** When each node was last heard of, and for how long this process has been able to hear it. */
@Module({
  controllers: [HeartbeatController],
  providers: [
    {
      provide: Heartbeats,
      inject: [CONFIG],
      useFactory: ({ nodeMonitorGraceMs }: ControllerConfig) => new Heartbeats(nodeMonitorGraceMs / 2),
    },
    Listening,
  ],
  exports: [Heartbeats],
})
export class NodesModule {}
