import { channelName, type Channel, type CommitPart } from '@shiplog/contracts';

/** How far a channel has been read. Each part of a commit names its predecessors, so loss, repetition and disorder show. */
export class Cursor {
  readonly name: string;
  /** Position of the last event that was folded. */
  last = 0;
  /** Nothing up to here was missed: what came after `last`, if anything, was of other channels. */
  upTo = 0;

  constructor(readonly channel: Channel) {
    this.name = channelName(channel);
  }

  get isOfNode(): boolean {
    return this.channel.node !== undefined;
  }

  /** Whether an event before a commit was missed, as a part of it says; of a node's channel only its own parts speak. */
  isBehind({ heads }: CommitPart): boolean {
    return (heads[this.name] ?? 0) > this.last;
  }
}
