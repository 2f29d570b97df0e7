import { Module } from '@nestjs/common';
import { CONFIG } from '@shiplog/service';
import type { ControllerConfig } from '../settings';
import { HeartbeatController } from './heartbeat.controller';
import { Heartbeats } from '../controllers/nodes/heartbeats';
import { BusLiveness } from './bus-liveness';

/** When each node was last heard of, and for how long this process has been able to hear it. */
@Module({
  controllers: [HeartbeatController],
  providers: [
    {
      provide: Heartbeats,
      inject: [CONFIG],
      useFactory: ({ nodeMonitorGraceMs }: ControllerConfig) => new Heartbeats(nodeMonitorGraceMs / 2),
    },
    BusLiveness,
  ],
  exports: [Heartbeats],
})
export class LivenessModule {}
