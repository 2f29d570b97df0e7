import type { ChannelLinks } from '@shiplog/bus';
import { channelName, type Channel, type LogEvent } from '@shiplog/contracts';

/** The last position of every channel: what the next event of the channel names as its predecessor. */
export class Heads {
  readonly #last: Map<string, number>;

  constructor(last: Readonly<Record<string, number>> = {}) {
    this.#last = new Map(Object.entries(last));
  }

  /** Takes an event in; returns what came before it in its channels. */
  advance({ resource, node, position }: LogEvent): ChannelLinks {
    const prev = this.#swap(resource, position);
    if (node === '') return { prev };
    return { prev, prevNode: this.#swap(channelName({ resource, node }), position) };
  }

  /** 0 for a channel without events. */
  of(channel: Channel): number {
    return this.#last.get(channelName(channel)) ?? 0;
  }

  /** All channels that have events. */
  all(): Record<string, number> {
    return Object.fromEntries(this.#last);
  }

  #swap(name: string, position: number): number {
    const before = this.#last.get(name) ?? 0;
    this.#last.set(name, position);
    return before;
  }
}
