import type { ReceivedEvent } from '@shiplog/bus';
import { channelName, RESOURCES, type Channel } from '@shiplog/contracts';

/** How far a channel has been read. Each event names its predecessors, so loss, repetition and disorder show. */
export class Cursor {
  readonly name: string;
  /** Position of the last event that was folded. */
  last = 0;
  /** Nothing up to here was missed: what came after `last`, if anything, was of other channels. */
  upTo = 0;
  readonly #row: number;

  constructor(readonly channel: Channel) {
    this.name = channelName(channel);
    this.#row = channel.node === undefined ? RESOURCES.findIndex(({ id }) => id === channel.resource) : -1;
  }

  get isOfNode(): boolean {
    return this.channel.node !== undefined;
  }

  /**
   * Position of the channel's last event before one that arrived, as that one names it; undefined where it names none:
   * an event speaks of the channels of all resources, and of a node's only when it belongs to the node.
   *
   * @param isOwn whether it arrived on this channel
   */
  predecessorIn(received: ReceivedEvent, isOwn: boolean): number | undefined {
    if (this.isOfNode) return isOwn ? (received.prevNode ?? 0) : undefined;
    const { channels } = received;
    // Of another version, with other resources: then each channel speaks for itself.
    if (channels?.length !== RESOURCES.length) return isOwn ? received.prev : undefined;
    return channels[this.#row];
  }
}
