import type { Static } from '@sinclair/typebox';
import type { KubeStatus } from './generated/kubernetes';
import type { QUERIES, StateQuery } from './messages/queries';
import type { BuiltIn, ResourceId } from './resources';

export type { StateChunk, StateRequest } from './messages/queries';

/**
 * A stream of events that a consumer can check for loss: all events of a resource, or only those of objects that
 * belong to a node (a kubelet's pods).
 */
export interface Channel {
  readonly resource: ResourceId;
  readonly node?: string;
}

/** Of these resources an object may belong to a node, which then has a channel of its own for them. */
export const NODE_RESOURCES = ['pods'] as const satisfies readonly BuiltIn[];

/** `pods` or `pods@node-1`: how a channel is written in messages. */
export function channelName(channel: Channel): string {
  return channel.node === undefined ? channel.resource : `${channel.resource}@${channel.node}`;
}

type Declared = Exclude<(typeof QUERIES)[number], typeof StateQuery>;
/** What each question of the journal asks and is answered with, in one message. */
export type Queries = { [M in Declared as M['name']]: { ask: Static<M['payload']>; answer: Static<M['reply']> } };
export type QueryName = keyof Queries;

/** A query that could not be answered. 410 Gone when the position is no longer, or not yet, known. */
export interface QueryFailure {
  failed: KubeStatus;
}
