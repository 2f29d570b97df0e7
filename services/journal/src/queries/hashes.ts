import { hashObjects, hashResource, nodeOf, type ClusterState } from '@shiplog/cluster';
import { type Channel, type StoredObject } from '@shiplog/contracts';

/** The hash of a channel's objects: those of a resource that belong to its node. */
export function hashOfChannel(state: ClusterState, { resource, node }: Channel): string {
  if (node === undefined) return hashResource(state, resource);
  return hashObjects(ofNode(state.values(resource), resource, node));
}

function* ofNode(
  objects: Iterable<StoredObject>,
  resource: Channel['resource'],
  node: string,
): Generator<StoredObject> {
  for (const object of objects) if (nodeOf(resource, object) === node) yield object;
}
