import { isDeletion, type ClusterState } from '@shiplog/cluster';
import type { LateEvent } from '../database/event-row';
import type { StateAt } from '../database/snapshot.repository';
import { ChannelHeads } from '../writer/channel-heads';

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

  /** The given state is changed from now on. */
  constructor(from: StateAt) {
    this.#state = from.state;
    this.#heads = new ChannelHeads(from.channels);
    this.#position = from.position;
  }

  take(events: readonly LateEvent[]): void {
    for (const event of events) {
      this.#heads.advance(event);
      this.#position = event.position;
      const { resource, namespace, name } = event;
      const key = `${resource} ${namespace}/${name}`;
      const pending = this.#pending.get(key);
      if (isDeletion(event.type)) {
        this.#pending.delete(key);
        this.#state.remove(resource, namespace, name);
      } else if (pending === undefined) this.#pending.set(key, [event]);
      else pending.push(event);
    }
  }

  /** All that was taken; folds what is left. */
  fold(): StateAt {
    for (const events of this.#pending.values()) for (const event of events) this.#state.apply(event.read());
    this.#pending.clear();
    return { state: this.#state, position: this.#position, channels: this.#heads.all() };
  }
}
