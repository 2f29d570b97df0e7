import { nodeOf, type ClusterState, type AppliedEvent } from '@shiplog/cluster';
import {
  EVENT_FORMAT,
  serviceActor,
  type Channel,
  type Fact,
  type LogEvent,
  type ResourceId,
  type StoredObject,
} from '@shiplog/contracts';

/**
 * What lies between a state and a newer one of the same channel, as if events had led there: for listeners, after a
 * gap too long to refetch. The events are made up (their fact says only created, changed or gone); the objects are true.
 * Each may be made of the state before the next one is asked for.
 */
export function* differences(
  channel: Channel,
  old: ClusterState,
  objects: Iterable<StoredObject>,
  position: number,
): Generator<AppliedEvent> {
  const gone = new Set<StoredObject>();
  for (const object of old.values(channel.resource)) {
    if (belongsTo(channel, object)) gone.add(object);
  }
  for (const after of objects) {
    const before = old.get(channel.resource, after.metadata.namespace ?? '', after.metadata.name) as
      StoredObject | undefined;
    if (before !== undefined) gone.delete(before);
    const position = Number(after.metadata.resourceVersion);
    // Another one of the same name: the first has ended.
    const isReplaced = before !== undefined && before.metadata.uid !== after.metadata.uid;
    if (isReplaced) yield { event: madeUp(channel.resource, before, 'Deleted', position), before };
    if (before === undefined || isReplaced) {
      yield { event: madeUp(channel.resource, after, 'Created', position), after };
    } else if (before.metadata.resourceVersion !== after.metadata.resourceVersion) {
      yield { event: madeUp(channel.resource, after, 'StatusChanged', position), before, after };
    }
  }
  for (const before of gone) yield { event: madeUp(channel.resource, before, 'Deleted', position), before };
}

/** Whether an object is one of a channel's: for a node's channel, the Node and the pods bound to it. */
export function belongsTo({ resource, node }: Channel, object: StoredObject): boolean {
  return node === undefined || nodeOf(resource, object) === node;
}

function madeUp(resource: ResourceId, object: StoredObject, fact: Fact, position: number): LogEvent {
  return {
    position,
    time: object.metadata.creationTimestamp,
    version: EVENT_FORMAT,
    resource,
    fact,
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name,
    uid: object.metadata.uid,
    node: '',
    actor: serviceActor('projection'),
    commandId: '',
    commandSeq: 0,
    data: {},
  };
}
