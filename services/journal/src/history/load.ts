import { ClusterState, excerptsOf } from '@shiplog/cluster';
import type { LogEvent } from '@shiplog/contracts';
import type { Repositories } from '../database/repositories';
import type { StateAt } from '../database/snapshot.repository';
import { ChannelHeads } from '../writer/channel-heads';

/** What a state is loaded from. */
export type StateSources = Pick<Repositories, 'events' | 'snapshots'>;

/** A state that is being folded on: what stands here is whole after each event. */
export class Folding {
  readonly state: ClusterState;
  readonly #heads: ChannelHeads;
  #position: number;

  /** The given state is changed from now on. */
  constructor(from: StateAt) {
    this.state = from.state;
    this.#heads = new ChannelHeads(from.channels);
    this.#position = from.position;
  }

  /** Of the last event folded in. */
  get position(): number {
    return this.#position;
  }

  take(events: readonly LogEvent[]): void {
    for (const event of events) {
      this.state.apply(event);
      this.#heads.follow(event, excerptsOf(event));
      this.#position = event.position;
    }
  }

  at(): StateAt {
    return { state: this.state, position: this.#position, channels: this.#heads.all() };
  }
}

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
  for await (const batch of events.read(from.position, upTo)) folding.take(batch);
  return folding.at();
}
