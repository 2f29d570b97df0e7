import type { ChannelLinks } from '@shiplog/bus';
import { isDeletion, type ExcerptedEvent } from '@shiplog/cluster';
import { channelKind, channelName, NODE_RESOURCES, type Channel, type LogEvent } from '@shiplog/contracts';

type Moving = Pick<LogEvent, 'resource' | 'node' | 'position' | 'fact'>;

/** The last position of every channel: what the next event of the channel names as its predecessor. */
export class ChannelHeads {
  readonly #ofResources = new Map<string, number>();
  /** By `pods@node-1`. */
  readonly #ofNodes = new Map<string, number>();
  /** By `nodes/routes`. */
  readonly #ofExcerpts = new Map<string, number>();
  /** Nodes whose channels have moved since they were told, and those of which something ended. */
  readonly #moved = new Set<string>();
  readonly #ended = new Set<string>();

  constructor(last: Readonly<Record<string, number>> = {}) {
    for (const [name, position] of Object.entries(last)) {
      this.#allLike(name).set(name, position);
      if (channelKind(name) === 'node') this.#ended.add(name.slice(name.indexOf('@') + 1));
    }
  }

  /** Takes an event in, also on the channels of excerpts that it is of; returns what came before it in the others. */
  follow({ resource, node, position, fact }: Moving, excerpted: readonly ExcerptedEvent[]): ChannelLinks {
    const prev = swap(this.#ofResources, resource, position);
    for (const { channel } of excerpted) this.reach(channel, position);
    if (node === '') return { prev };
    this.#moved.add(node);
    if (isDeletion(fact)) this.#ended.add(node);
    return { prev, prevNode: swap(this.#ofNodes, channelName({ resource, node }), position) };
  }

  /** The last event so far of an excerpt's channel is there. */
  reach(channel: ExcerptedEvent['channel'], position: number): void {
    this.#ofExcerpts.set(channelName(channel), position);
  }

  /** 0 for a channel without events. */
  of(channel: Channel): number {
    const name = channelName(channel);
    return this.#allLike(name).get(name) ?? 0;
  }

  /** All channels that have events: what a snapshot keeps. */
  all(): Record<string, number> {
    return Object.fromEntries([...this.#ofResources, ...this.#ofNodes, ...this.#ofExcerpts]);
  }

  /** Those of resources, of which there are few however many nodes come and go. */
  ofResources(): Record<string, number> {
    return Object.fromEntries(this.#ofResources);
  }

  /** Those of no node: of resources and of excerpts. */
  shared(): Record<string, number> {
    return Object.fromEntries([...this.#ofResources, ...this.#ofExcerpts]);
  }

  /** A node's own. */
  ofNode(node: string): Record<string, number> {
    const found: Record<string, number> = {};
    for (const resource of NODE_RESOURCES) {
      const name = channelName({ resource, node });
      const last = this.#ofNodes.get(name);
      if (last !== undefined) found[name] = last;
    }
    return found;
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
      for (const resource of NODE_RESOURCES) this.#ofNodes.delete(channelName({ resource, node }));
      this.#moved.delete(node);
    }
    this.#ended.clear();
  }

  #allLike(name: string): Map<string, number> {
    switch (channelKind(name)) {
      case 'node':
        return this.#ofNodes;
      case 'excerpt':
        return this.#ofExcerpts;
      case 'resource':
        return this.#ofResources;
    }
  }
}

function swap(last: Map<string, number>, name: string, position: number): number {
  const before = last.get(name) ?? 0;
  last.set(name, position);
  return before;
}
