import type { Static } from '@sinclair/typebox';
import type { KubeStatus } from './generated/kubernetes';
import type { QUERIES, StateQuery } from './messages/queries';
import type { BuiltIn, ResourceId } from './resources';
import type { ExcerptName } from './excerpts';

export type { StateChunk, StateRequest } from './messages/queries';

/**
 * A stream of events that a consumer can check for loss: all events of a resource, only those of objects that belong to a
 * node (a kubelet's pods), or only what an excerpt of the resource has of them.
 */
export interface Channel {
  readonly resource: ResourceId;
  readonly node?: string;
  /** Not together with `node`. */
  readonly excerpt?: ExcerptName;
}

/** Of these resources an object may belong to a node, which then has a channel of its own for them: its pods, its Node. */
export const NODE_RESOURCES = ['pods', 'nodes'] as const satisfies readonly BuiltIn[];

/** `pods`, `pods@node-1` or `nodes/routes`: how a channel is written in messages. */
export function channelName({ resource, node, excerpt }: Channel): string {
  if (excerpt !== undefined) return `${resource}/${excerpt}`;
  return node === undefined ? resource : `${resource}@${node}`;
}

/** Of what a channel's name says that it is a channel. */
export function channelKind(name: string): 'node' | 'excerpt' | 'resource' {
  if (name.includes('@')) return 'node';
  return name.includes('/') ? 'excerpt' : 'resource';
}

type Declared = Exclude<(typeof QUERIES)[number], typeof StateQuery>;
/** What each question of the journal asks and is answered with, in one message. */
export type Queries = { [M in Declared as M['name']]: { ask: Static<M['payload']>; answer: Static<M['reply']> } };
export type QueryName = keyof Queries;

/** A query that could not be answered. 410 Gone when the position is no longer, or not yet, known. */
export interface QueryFailure {
  failed: KubeStatus;
}
