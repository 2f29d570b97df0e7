import { hashResource, type ClusterState } from '@shiplog/cluster';
import type { Cursor } from './cursor';

/** Which channels' objects hash to what the journal says, and which do not; of the others it says nothing. */
export function compareHashes(
  state: ClusterState,
  cursors: readonly Cursor[],
  hashes: Partial<Record<string, string>>,
): { proved: number; wrong: Cursor[] } {
  const told = cursors.filter(({ name }) => hashes[name] !== undefined);
  const wrong = told.filter(({ name, channel }) => hashResource(state, channel.resource) !== hashes[name]);
  return { proved: told.length - wrong.length, wrong };
}

/** Has every object of a channel differ from the journal's, so that loading tells of each what it was really like. */
export function distrust(state: ClusterState, { channel: { resource } }: Cursor): void {
  for (const object of [...state.values(resource)])
    state.put(resource, { ...object, metadata: { ...object.metadata, resourceVersion: '0' } });
}
