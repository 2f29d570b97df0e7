import { encodeEvent, encodePart, eventText } from '@shiplog/bus';
import { nodeOf, type AppliedEvent } from '@shiplog/cluster';
import { channelName, subjects, type Channel, type CommitPart, type StoredObject } from '@shiplog/contracts';
import type { NatsConnection } from 'nats';
import type { Logger } from 'pino';
import type { ChannelHeads } from './channel-heads';

/** Of events' data in one share of a commit: what is more is published in several, as if it were several commits. */
const SHARE_BYTES = 256 * 1024;

/** A committed event, with the JSON of its data. */
interface Committed extends AppliedEvent {
  readonly text: string;
}

/** What of a share is of one channel. */
interface Part {
  readonly channel: Channel;
  /** Position of the last event before the share in a node's channel; of resources, all parts say it. */
  readonly head?: number;
  readonly texts: string[];
  readonly entering: Record<number, StoredObject>;
}

/**
 * Publishes commits, in order: in each channel the events that are of it, in one message that names their predecessors in
 * all channels; and, where that is wanted, each event by itself as a CloudEvent, for who is no part of Shiplog.
 */
export class Publisher {
  constructor(
    private readonly connection: Pick<NatsConnection, 'publish'>,
    private readonly heads: ChannelHeads,
    private readonly epoch: number,
    private readonly logger: Logger,
    private readonly options: { readonly cloudEvents: boolean },
  ) {}

  /**
   * What can't be published (too large, no header can hold its actor, connection closed) is a gap that its readers notice
   * and heal.
   *
   * @param texts the JSON of each event's data
   */
  publish(commit: readonly AppliedEvent[], texts: readonly string[]): void {
    let share: Committed[] = [];
    let bytes = 0;
    commit.forEach((applied, i) => {
      const text = texts[i] as string;
      if (share.length > 0 && bytes + text.length > SHARE_BYTES) {
        this.#publishShare(share);
        share = [];
        bytes = 0;
      }
      share.push({ ...applied, text });
      bytes += text.length;
    });
    if (share.length > 0) this.#publishShare(share);
  }

  #publishShare(share: readonly Committed[]): void {
    const resources = [...new Set(share.map(({ event }) => event.resource))];
    const heads = this.heads.ofResources();
    const parts = new Map<string, Part>();
    for (const committed of share) {
      const { event, text } = committed;
      const { prev, prevNode } = this.heads.follow(event);
      if (this.options.cloudEvents) {
        this.#say(event.position, () => {
          const { subject, payload, headers } = encodeEvent(event, { prev, prevNode }, this.epoch, text);
          this.connection.publish(subject, payload, { headers });
        });
      }
      const one = eventText(event, text);
      add(parts, { resource: event.resource }, one);
      if (prevNode === undefined) continue;
      const part = add(parts, { resource: event.resource, node: event.node }, one, prevNode);
      const object = enteringObject(committed);
      if (object !== undefined) part.entering[event.position] = object;
    }
    const [from, to] = [share[0]!.event.position, share.at(-1)!.event.position];
    this.#publishParts([...parts.values()], { epoch: this.epoch, from, to, resources, heads });
  }

  /** Those of nodes first: who follows a node's channel and those of resources has all of it when the latter are there. */
  #publishParts(parts: readonly Part[], about: Omit<CommitPart, 'events' | 'entering'>): void {
    for (const part of [...parts.filter(isOfNode), ...parts.filter((one) => !isOfNode(one))]) {
      const { channel, head, texts, entering } = part;
      this.#say(about.to, () => {
        const heads = head === undefined ? about.heads : { ...about.heads, [channelName(channel)]: head };
        const enters = Object.keys(entering).length > 0 ? { entering } : {};
        this.connection.publish(subjects.commit(channel), encodePart({ ...about, heads, ...enters }, texts));
      });
    }
  }

  #say(position: number, words: () => void): void {
    try {
      words();
    } catch (error) {
      this.logger.warn({ err: error, position }, 'an event could not be published');
    }
  }
}

function add(parts: Map<string, Part>, channel: Channel, text: string, head?: number): Part {
  const name = channelName(channel);
  let part = parts.get(name);
  if (part === undefined) parts.set(name, (part = { channel, head, texts: [], entering: {} }));
  part.texts.push(text);
  return part;
}

function isOfNode({ channel }: Part): boolean {
  return channel.node !== undefined;
}

/** The whole object, for the readers of a node's channel that see it there for the first time. */
function enteringObject({ event, before, after }: AppliedEvent): StoredObject | undefined {
  if (event.node === '' || before === undefined || nodeOf(event.resource, before) === event.node) return undefined;
  return after;
}
