import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import type { Signals } from '@shiplog/contracts';
import { BUS } from '@shiplog/service';
import type { Subscription } from 'nats';
import { ClusterView } from '../cache/cluster-view';
import { Narrator } from './narrator';
import { Overlay } from './overlay';

/** Hears what is said on the bus and not logged: the services' notes, the nodes' heartbeats. */
@Injectable()
export class SignalListener implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #subscriptions: Subscription[] = [];

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    private readonly view: ClusterView,
    private readonly narrator: Narrator,
    private readonly overlay: Overlay,
  ) {}

  onApplicationBootstrap(): void {
    this.#subscriptions.push(
      this.bus.onSignal('note', '*', (note) => this.note(note)),
      this.bus.onSignal('heartbeat', '*', (heartbeat) => this.heartbeat(heartbeat)),
    );
  }

  onApplicationShutdown(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  note(note: Signals['note']): void {
    // Before the log is read there is no position that the note could come after.
    if (this.view.isOpen) this.narrator.note(note);
  }

  heartbeat({ node, time }: Signals['heartbeat']): void {
    this.overlay.heartbeat(node, time);
  }
}
