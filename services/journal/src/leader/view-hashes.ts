import { setImmediate as turn } from 'node:timers/promises';
import { hashInSlices, maskOf, trim, viewId, type ClusterState } from '@shiplog/cluster';
import { VIEWS, type FieldMask, type ResourceId, type StoredObject } from '@shiplog/contracts';

/** Objects are immutable: to hold on to them is a snapshot. */
export type Noted = ReadonlyMap<ResourceId, readonly StoredObject[]>;

export function noteOf(state: ClusterState): Noted {
  return new Map(state.resources().map((resource) => [resource, [...state.values(resource)]]));
}

/** What each view keeps of the objects hashes to, by the view's name and by resource; in slices. */
export async function viewHashes(noted: Noted): Promise<Record<string, Record<string, string>>> {
  const hashes: Record<string, Record<string, string>> = {};
  for (const view of VIEWS) {
    const ofView: Record<string, string> = (hashes[viewId(view)] = {});
    for (const [resource, objects] of noted) {
      const mask = maskOf(view, resource);
      if (mask !== undefined) ofView[resource] = await hashInSlices(trimmed(objects, mask), turn);
    }
  }
  return hashes;
}

function* trimmed(objects: Iterable<StoredObject>, mask: FieldMask): Generator<unknown> {
  for (const object of objects) yield trim(object, mask);
}
