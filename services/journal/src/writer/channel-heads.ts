import type { ChannelLinks } from '@shiplog/bus';
import { isDeletion } from '@shiplog/cluster';
import { channelName, NODE_RESOURCES, RESOURCES, type Channel, type LogEvent } from '@shiplog/contracts';

type Moving = Pick<LogEvent, 'resource' | 'node' | 'position' | 'fact'>;

/** The last position of every channel: what the next event of the channel names as its predecessor. */
export class ChannelHeads {
  readonly #last: Map<string, number>;
  /** Nodes whose channels have moved since they were told, and those of which something ended. */
  readonly #moved = new Set<string>();
  readonly #ended = new Set<string>();

  constructor(last: Readonly<Record<string, number>> = {}) {
    this.#last = new Map(Object.entries(last));
    for (const name of this.#last.keys()) {
      const at = name.indexOf('@');
      if (at >= 0) this.#ended.add(name.slice(at + 1));
    }
  }

  /** Takes an event in; returns what came before it in its channels. */
  advance(event: Moving): ChannelLinks {
    const channels = RESOURCES.map(({ id }) => this.#last.get(id) ?? 0);
    const { prev, prevNode } = this.follow(event);
    return { prev, prevNode, channels };
  }

  /** The same of the event's own channels only: many times as fast. */
  follow({ resource, node, position, fact }: Moving): Pick<ChannelLinks, 'prev' | 'prevNode'> {
    const prev = this.#swap(resource, position);
    if (node === '') return { prev };
    this.#moved.add(node);
    if (isDeletion(fact)) this.#ended.add(node);
    return { prev, prevNode: this.#swap(channelName({ resource, node }), position) };
  }

  /** 0 for a channel without events. */
  of(channel: Channel): number {
    return this.#last.get(channelName(channel)) ?? 0;
  }

  /** All channels that have events: what a snapshot keeps. */
  all(): Record<string, number> {
    return Object.fromEntries(this.#last);
  }

  /** Those of resources, of which there are few however many nodes come and go. */
  ofResources(): Record<string, number> {
    return this.#named(RESOURCES.map(({ id }) => id));
  }

  /** A node's own. */
  ofNode(node: string): Record<string, number> {
    return this.#named(NODE_RESOURCES.map((resource) => channelName({ resource, node })));
  }

  /** The nodes whose channels have moved since this was asked last. */
  takeMoved(): string[] {
    const moved = [...this.#moved];
    this.#moved.clear();
    return moved;
  }

  /**
   * Forgets the channels of nodes that are no more: otherwise every name that a node ever had would be kept, here and
   * in every snapshot. `stillThere` tells of some nodes which of them have anything yet.
   */
  forgetEnded(stillThere: (nodes: ReadonlySet<string>) => ReadonlySet<string>): void {
    if (this.#ended.size === 0) return;
    const there = stillThere(this.#ended);
    for (const node of this.#ended) {
      if (there.has(node)) continue;
      for (const resource of NODE_RESOURCES) this.#last.delete(channelName({ resource, node }));
      this.#moved.delete(node);
    }
    this.#ended.clear();
  }

  #named(names: readonly string[]): Record<string, number> {
    const found: Record<string, number> = {};
    for (const name of names) {
      const last = this.#last.get(name);
      if (last !== undefined) found[name] = last;
    }
    return found;
  }

  #swap(name: string, position: number): number {
    const before = this.#last.get(name) ?? 0;
    this.#last.set(name, position);
    return before;
  }
}
