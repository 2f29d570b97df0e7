import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { BusMessage, Signal } from '@shiplog/bus';
import { Heartbeat, Note, type Signals } from '@shiplog/contracts';
import { ClusterCache } from '../../cache/cluster-cache';
import { EventRecorder } from './event-recorder';
import { EphemeralState } from './ephemeral-state';

/** Hears what is said on the bus and not logged: the services' notes, the nodes' heartbeats. */
@Controller()
export class SignalController {
  constructor(
    private readonly cluster: ClusterCache,
    private readonly recorder: EventRecorder,
    private readonly ephemeral: EphemeralState,
  ) {}

  @Signal(Note)
  note(note: Signals['note']): void {
    // Before the log is read there is no position that the note could come after.
    if (this.cluster.isOpen) this.recorder.recordNote(note);
  }

  /** Of the node for whose kubelet the NATS server vouches. */
  @Signal(Heartbeat)
  heartbeat(@Payload() { time }: Signals['heartbeat'], @Ctx() { principal }: BusMessage): void {
    if (principal?.kind === 'node') this.ephemeral.heartbeat(principal.name, time);
  }
}
