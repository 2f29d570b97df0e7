import { excerptsOf, hasExcerpts, isCreation, isDeletion, type ClusterState } from '@shiplog/cluster';
import type { LateEvent } from '../database/event-row';
import type { StateAt } from '../database/snapshot.repository';
import { ChannelHeads } from '../writer/channel-heads';

/** Events of an object that wait, at most: one that changes all the time and stays would keep its whole past. */
const MOST_WAITING = 32;

/**
 * Folds events into a state when all of them are there: what led to an object that is gone again is never even read, and that
 * is most of a busy cluster's log. The fold looks at one object at a time, so it comes to the same.
 */
export class LateFolding {
  readonly #state: ClusterState;
  readonly #heads: ChannelHeads;
  #position: number;
  /** By object, since it was there or was made. */
  readonly #pending = new Map<string, LateEvent[]>();

  /** The given state is changed from now on; it is whole after `fold`. */
  constructor(from: StateAt) {
    this.#state = from.state;
    this.#heads = new ChannelHeads(from.channels);
    this.#position = from.position;
  }

  /** Throws a FoldError at the change of what is not there. */
  take(events: readonly LateEvent[]): void {
    for (const event of events) {
      this.#heads.follow(event, hasExcerpts(event) ? excerptsOf(event.read()) : []);
      this.#position = event.position;
      this.#keep(event);
    }
  }

  #keep(event: LateEvent): void {
    const { resource, namespace, name, fact } = event;
    const key = `${resource} ${namespace}/${name}`;
    const pending = this.#pending.get(key);
    if (isDeletion(fact)) {
      this.#pending.delete(key);
      this.#state.remove(resource, namespace, name);
    } else if (pending !== undefined) {
      if (pending.push(event) >= MOST_WAITING) this.#foldIn(pending);
    } else if (isCreation(fact) || this.#state.get(resource, namespace, name) !== undefined) {
      this.#pending.set(key, [event]);
    } else {
      this.#state.apply(event.read());
    }
  }

  /** All that was taken; folds what is left. */
  fold(): StateAt {
    for (const events of this.#pending.values()) this.#foldIn(events);
    this.#pending.clear();
    return { state: this.#state, position: this.#position, channels: this.#heads.all() };
  }

  #foldIn(events: LateEvent[]): void {
    for (const event of events.splice(0)) this.#state.apply(event.read());
  }
}
