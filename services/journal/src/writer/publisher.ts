import { encodeEvent, encodePart, envelopeText, eventText, type ChannelLinks } from '@shiplog/bus';
import { excerptsOf, nodeOf, type AppliedEvent } from '@shiplog/cluster';
import {
  channelName,
  subjects,
  type Channel,
  type CommitPart,
  type LogEvent,
  type StoredObject,
} from '@shiplog/contracts';
import type { NatsConnection } from 'nats';
import type { Logger } from 'pino';
import type { ChannelHeads } from './channel-heads';

/** Of events' data in one share of a commit: what is more is published in several, as if it were several commits. */
const SHARE_BYTES = 256 * 1024;

/** What of a share is of one channel. */
interface Part {
  readonly channel: Channel;
  readonly texts: string[];
  entering?: Record<number, StoredObject>;
}

/** The parts of the channels of one node, or of those of none: each says which of the others there are. */
interface Group {
  /** Before the share. */
  readonly heads: Readonly<Record<string, number>>;
  /** By the channel's name. */
  readonly parts: Map<string, Part>;
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
    let first = 0;
    let length = 0;
    for (let i = 0; i < commit.length; i++) {
      const added = (texts[i] as string).length;
      if (i > first && length + added > SHARE_BYTES) {
        this.#publishShare(commit, texts, first, i);
        first = i;
        length = 0;
      }
      length += added;
    }
    if (first < commit.length) this.#publishShare(commit, texts, first, commit.length);
  }

  #publishShare(commit: readonly AppliedEvent[], texts: readonly string[], first: number, end: number): void {
    const shared: Group = { heads: this.heads.shared(), parts: new Map() };
    const ofNodes = new Map<string, Group>();
    for (let i = first; i < end; i++) {
      const applied = commit[i] as AppliedEvent;
      const { event } = applied;
      const text = texts[i] as string;
      const ofNode = event.node === '' ? undefined : this.#groupOf(event.node, ofNodes);
      const excerpts = excerptsOf(event);
      const links = this.heads.follow(event, excerpts);
      if (this.options.cloudEvents) this.#publishAlone(event, links, text);
      const envelope = envelopeText(event);
      const whole = eventText(envelope, text);
      add(shared, { resource: event.resource }, whole);
      for (const { channel, data } of excerpts) add(shared, channel, eventText(envelope, JSON.stringify(data)));
      if (ofNode === undefined) continue;
      const part = add(ofNode, { resource: event.resource, node: event.node }, whole);
      const object = enteringObject(applied);
      if (object !== undefined) (part.entering ??= {})[event.position] = object;
    }
    const from = commit[first]!.event.position;
    this.#publishParts(shared, [...ofNodes.values()], { epoch: this.epoch, from, to: from + end - first - 1 });
  }

  /** Made before the first event of the node is followed. */
  #groupOf(node: string, groups: Map<string, Group>): Group {
    let group = groups.get(node);
    if (group === undefined) groups.set(node, (group = { heads: this.heads.ofNode(node), parts: new Map() }));
    return group;
  }

  #publishAlone(event: LogEvent, links: ChannelLinks, text: string): void {
    this.#say(event.position, () => {
      const { subject, payload, headers } = encodeEvent(event, links, this.epoch, text);
      this.connection.publish(subject, payload, { headers });
    });
  }

  /** Those of nodes first: who follows a node's channel and those of resources has all of it when the latter are there. */
  #publishParts(shared: Group, ofNodes: readonly Group[], share: Pick<CommitPart, 'epoch' | 'from' | 'to'>): void {
    const names = [...shared.parts.keys()];
    const publish = (group: Group, about: Omit<CommitPart, 'events' | 'entering'>): void => {
      for (const { channel, texts, entering } of group.parts.values())
        this.#say(share.to, () =>
          this.connection.publish(subjects.commit(channel), encodePart({ ...about, entering }, texts)),
        );
    };
    for (const group of ofNodes) {
      const heads = { ...shared.heads, ...group.heads };
      publish(group, { ...share, channels: [...names, ...group.parts.keys()], heads });
    }
    publish(shared, { ...share, channels: names, heads: shared.heads });
  }

  #say(position: number, words: () => void): void {
    try {
      words();
    } catch (error) {
      this.logger.warn({ err: error, position }, 'an event could not be published');
    }
  }
}

function add({ parts }: Group, channel: Channel, text: string): Part {
  const name = channelName(channel);
  let part = parts.get(name);
  if (part === undefined) parts.set(name, (part = { channel, texts: [] }));
  part.texts.push(text);
  return part;
}

/** The whole object, for the readers of a node's channel that see it there for the first time. */
function enteringObject({ event, before, after }: AppliedEvent): StoredObject | undefined {
  if (event.node === '' || before === undefined || nodeOf(event.resource, before) === event.node) return undefined;
  return after;
}
