import { Controller } from '@nestjs/common';
import { Ctx } from '@nestjs/microservices';
import { Signal, type BusMessage } from '@shiplog/bus';
import { Heartbeat } from '@shiplog/contracts';
import { Heartbeats } from '../controllers/nodes/heartbeats';

/** Hears the nodes. (A controller in Nest's sense: the one that acts on a silence is `NodeLifecycleController`.) */
@Controller()
export class HeartbeatController {
  constructor(private readonly heartbeats: Heartbeats) {}

  /** A node beats for itself: who sent the signal is the node, and NATS vouches for who sent it. */
  @Signal(Heartbeat)
  heard(@Ctx() { principal }: Pick<BusMessage, 'principal'>): void {
    if (principal?.kind === 'node') this.heartbeats.heard(principal.name, Date.now());
  }
}
