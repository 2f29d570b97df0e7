import { ClusterState } from '@shiplog/cluster';
import type { Repositories } from '../database/repositories';
import type { StateAt } from '../database/snapshot.repository';
import { Folding } from './folding';

/** What a state is loaded from. */
export type StateSources = Pick<Repositories, 'events' | 'snapshots'>;

/** The state at a position (default: the end of the log): from the newest snapshot before it and the events since. */
export async function loadState(sources: StateSources, at?: number): Promise<StateAt> {
  return foldOn(sources, await nearestState(sources, at), at);
}

/** The newest snapshot at or before a position (default: of all), or the empty state before the first event. */
export async function nearestState({ snapshots }: Pick<StateSources, 'snapshots'>, at?: number): Promise<StateAt> {
  return (await snapshots.load(at)) ?? { state: new ClusterState(), position: 0, channels: {} };
}

/** Folds the events after a state into it (the state is changed). */
export async function foldOn({ events }: Pick<StateSources, 'events'>, from: StateAt, upTo?: number): Promise<StateAt> {
  const folding = new Folding(from);
  for await (const batch of events.read(from.position, upTo)) await folding.take(batch);
  return folding.fold();
}
