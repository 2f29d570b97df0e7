import { channelName, type Channel } from '@shiplog/contracts';
import type { ReceivedEvent } from '@shiplog/bus';

/** What an arriving event is to a channel that has been read up to some position. */
export type Arrival = 'next' | 'repeated' | 'gap';

/** How far a channel has been read. Each event names its predecessor, so loss, repetition and disorder show. */
export class Cursor {
  readonly name: string;
  last = 0;

  constructor(readonly channel: Channel) {
    this.name = channelName(channel);
  }

  classify(received: ReceivedEvent): Arrival {
    if (received.event.position <= this.last) return 'repeated';
    const prev = this.channel.node === undefined ? received.prev : (received.prevNode ?? 0);
    return prev <= this.last ? 'next' : 'gap';
  }
}
