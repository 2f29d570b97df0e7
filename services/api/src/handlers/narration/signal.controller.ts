import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { BusMessage, Signal } from '@shiplog/bus';
import { Heartbeat, Note, type Signals } from '@shiplog/contracts';
import { ClusterView } from '../../cache/cluster-view';
import { Narrator } from './narrator';
import { Overlay } from './overlay';

/** Hears what is said on the bus and not logged: the services' notes, the nodes' heartbeats. */
@Controller()
export class SignalController {
  constructor(
    private readonly view: ClusterView,
    private readonly narrator: Narrator,
    private readonly overlay: Overlay,
  ) {}

  @Signal(Note)
  note(note: Signals['note']): void {
    // Before the log is read there is no position that the note could come after.
    if (this.view.isOpen) this.narrator.note(note);
  }

  /** Of the node for whose kubelet the NATS server vouches. */
  @Signal(Heartbeat)
  heartbeat(@Payload() { time }: Signals['heartbeat'], @Ctx() { principal }: BusMessage): void {
    if (principal?.kind === 'node') this.overlay.heartbeat(principal.name, time);
  }
}
