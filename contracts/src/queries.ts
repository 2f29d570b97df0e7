import type { CommandReply } from './commands';
import type { LogEvent } from './events';
import type { KubeStatus } from './generated/kubernetes';
import type { ObjectKey, StoredObject } from './objects';
import type { ResourceId } from './resources';

/**
 * A stream of events that a consumer can check for loss: all events of a resource, or only those of objects that
 * belong to a node (a kubelet's pods).
 */
export interface Channel {
  readonly resource: ResourceId;
  readonly node?: string;
}

/** `pods` or `pods@node-1`: how a channel is written in messages. */
export function channelName(channel: Channel): string {
  return channel.node === undefined ? channel.resource : `${channel.resource}@${channel.node}`;
}

/** Questions that the journal answers by request and reply on `shiplog.v1.query.<name>`. */
export interface Queries {
  /**
   * Which position is committed, and the last position of each channel asked for (0: none yet); with `hashes`, also
   * the state hash of each resource at that position.
   */
  position: {
    ask: { channels?: Channel[]; hashes?: boolean };
    answer: { position: number; channels: Record<string, number>; hashes?: Partial<Record<ResourceId, string>> };
  };
  /** One object, now or as it was at a position. `object` is null when there was none. */
  object: { ask: { key: ObjectKey; at?: number }; answer: { position: number; object: StoredObject | null } };
  /** The events of channels after a position, oldest first, at most `limit` (default 1000). `more`: ask again from the last. */
  events: {
    ask: { channels: Channel[]; after: number; upTo?: number; limit?: number };
    answer: { events: LogEvent[]; more: boolean; position: number };
  };
  /** The last events of one object or of the whole cluster, newest first: what happened, and why. */
  history: {
    ask: { key?: ObjectKey; before?: number; limit?: number };
    answer: { events: LogEvent[] };
  };
  /** What became of an earlier command; null when the journal does not know it. */
  command: { ask: { id: string }; answer: { reply: CommandReply | null } };
}
export type QueryName = keyof Queries;

/** A query that could not be answered. 410 Gone when the position is no longer, or not yet, known. */
export interface QueryFailure {
  failed: KubeStatus;
}

/**
 * The one answer that comes as a stream (`shiplog.v1.query.state`): the objects of channels at a position, or now.
 * Each chunk is JSON of `StateChunk`; the first has the position.
 */
export interface StateRequest {
  channels: Channel[];
  at?: number;
}
export interface StateChunk {
  position: number;
  objects: { resource: ResourceId; object: StoredObject }[];
  /** In the last chunk only: last position of each channel asked for, for gap detection from here on. */
  channels?: Record<string, number>;
}
