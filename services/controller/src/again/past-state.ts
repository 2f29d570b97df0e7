import type { Bus } from '@shiplog/bus';
import { ClusterState, ViewFold } from '@shiplog/cluster';
import { CONTROLLER_VIEW } from '@shiplog/contracts';
import type { Beginning } from './domain/decide-again';

/** What controllers saw at a position; throws the journal's StatusError (410) where that is no longer kept. */
export async function beginningAt(bus: Bus, position: number): Promise<Beginning> {
  const view = new ViewFold(CONTROLLER_VIEW);
  const state = new ClusterState(new Map(), view.fold);
  for await (const { objects } of bus.state({ at: position })) {
    for (const { resource, object } of objects) state.put(resource, view.trim(resource, object));
  }
  return { state, position };
}
