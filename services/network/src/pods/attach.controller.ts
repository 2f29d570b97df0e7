import { Controller } from '@nestjs/common';
import { NodeRequest } from '@shiplog/bus';
import { Attach, Detach, type AttachReply, type AttachRequest, type DetachRequest } from '@shiplog/contracts';
import { PodConnections } from './pod-connections';

/** Answers the kubelet of this node. */
@Controller()
export class AttachController {
  constructor(private readonly connections: PodConnections) {}

  @NodeRequest(Attach)
  attach(request: AttachRequest): Promise<AttachReply> {
    return this.connections.attach(request);
  }

  @NodeRequest(Detach)
  detach(request: DetachRequest): Promise<Record<string, never>> {
    return this.connections.detach(request);
  }
}
