import { ClusterState } from '@shiplog/cluster';
import type { Repositories } from '../database/repositories';
import type { StateAt } from '../database/snapshot.repository';
import { Heads } from '../writer/heads';

/** What a state is loaded from. */
export type StateSources = Pick<Repositories, 'events' | 'snapshots'>;

/** The state at a position (default: the end of the log): from the newest snapshot before it and the events since. */
export async function loadState(sources: StateSources, at?: number): Promise<StateAt> {
  const snapshot = await sources.snapshots.load(at);
  return foldOn(sources, snapshot ?? { state: new ClusterState(), position: 0, channels: {} }, at);
}

/** Folds the events after a state into it (the state is changed). */
export async function foldOn({ events }: Pick<StateSources, 'events'>, from: StateAt, upTo?: number): Promise<StateAt> {
  const heads = new Heads(from.channels);
  let position = from.position;
  for await (const batch of events.read(position, upTo)) {
    for (const event of batch) {
      from.state.apply(event);
      heads.advance(event);
      position = event.position;
    }
  }
  return { state: from.state, position, channels: heads.all() };
}
