import {
  channelName,
  type Channel,
  type LogEvent,
  type NODE_RESOURCES,
  type ResourceId,
  type StoredObject,
} from '@shiplog/contracts';
import { hashObjects } from './hash';
import type { ClusterState } from './state';
import { contentOf, EXCERPT_CHANNELS, excerptedData, excerptOf } from './excerpts';

/** The objects of a channel, as whoever follows it has them, in no particular order: an excerpt's hold its fields only. */
export function objectsOf(state: ClusterState, channel: Channel): readonly StoredObject[] {
  const { resource, node, excerpt } = channel;
  const objects = [...(node === undefined ? state.values(resource) : ofNode(state, resource, node))];
  return excerpt === undefined ? objects : objects.map((object) => excerptOf(excerpt, object));
}

/** The hash of the objects of a channel in the state of the cluster. */
export function hashOfChannel(state: ClusterState, channel: Channel): string {
  const { resource, node } = channel;
  return hashObjects(provable(channel, node === undefined ? state.values(resource) : ofNode(state, resource, node)));
}

/** The hash of what each excerpt has, by the name of its channel. */
export function hashesOfExcerpts(state: ClusterState): Record<string, string> {
  return Object.fromEntries(EXCERPT_CHANNELS.map((channel) => [channelName(channel), hashOfChannel(state, channel)]));
}

/** What of a channel's objects is hashed: of an excerpt its fields, whether the objects are whole or have no others. */
export function provable({ excerpt }: Channel, objects: Iterable<StoredObject>): Iterable<StoredObject> {
  return excerpt === undefined ? objects : Array.from(objects, (object) => contentOf(excerpt, object));
}

/** An event as a channel has it; undefined when it is none of its events. */
export function eventOn({ resource, node, excerpt }: Channel, event: LogEvent): LogEvent | undefined {
  if (event.resource !== resource || (node !== undefined && event.node !== node)) return undefined;
  if (excerpt === undefined) return event;
  const data = excerptedData(excerpt, event);
  return data === undefined ? undefined : { ...event, data };
}

/** Each of thousands of nodes asks: none may take as long as there are others. */
function ofNode(state: ClusterState, resource: ResourceId, node: string): Iterable<StoredObject> {
  switch (resource as (typeof NODE_RESOURCES)[number]) {
    case 'nodes': {
      const own = state.get('nodes', '', node) as StoredObject | undefined;
      return own === undefined ? [] : [own];
    }
    case 'pods':
      return state.podsOf(node);
    default:
      return [];
  }
}
