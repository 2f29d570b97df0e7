import { excerptsOf, foldObject, hasExcerpts, isCreation, isDeletion, type ClusterState } from '@shiplog/cluster';
import type { ResourceId } from '@shiplog/contracts';
import type { LateEvent } from '../database/logged-row';
import type { StateAt } from '../database/snapshot.repository';
import { ChannelHeads } from '../writer/channel-heads';

/** Events of an object that wait, at most: one that changes all the time and stays would keep its whole past. */
const MOST_WAITING = 32;

/**
 * Folds events into a state when all of them are there: what led to an object that is gone again is never even read, and that
 * is most of a busy cluster's log. The fold looks at one object at a time, so it comes to the same.
 */
export class Folding {
  readonly #state: ClusterState;
  readonly #heads: ChannelHeads;
  #position: number;
  /** By object, since it was there or was made. */
  readonly #pending = new Map<ResourceId, Map<string, Map<string, LateEvent[]>>>();

  /** The given state is changed from now on; it is whole after `fold`. */
  constructor(from: StateAt) {
    this.#state = from.state;
    this.#heads = new ChannelHeads(from.channels);
    this.#position = from.position;
  }

  /** Of the last event taken. */
  get position(): number {
    return this.#position;
  }

  /** Throws a FoldError at the change of what is not there. */
  take(events: readonly LateEvent[]): void {
    for (const event of events) {
      this.#keep(event);
      this.#heads.follow(event, hasExcerpts(event) ? excerptsOf(event.read()) : []);
      this.#position = event.position;
    }
  }

  #keep(event: LateEvent): void {
    const { resource, namespace, name, fact } = event;
    const siblings = this.#siblings(resource, namespace);
    const pending = siblings.get(name);
    if (isDeletion(fact)) {
      siblings.delete(name);
      this.#state.remove(resource, namespace, name);
    } else if (pending !== undefined) {
      if (pending.push(event) >= MOST_WAITING) this.#foldIn(pending.splice(0));
    } else if (isCreation(fact) || this.#state.get(resource, namespace, name) !== undefined) {
      siblings.set(name, [event]);
    } else {
      this.#foldIn([event]);
    }
  }

  /** All that was taken; folds what is left. */
  fold(): StateAt {
    for (const namespaces of this.#pending.values()) {
      for (const siblings of namespaces.values()) for (const events of siblings.values()) this.#foldIn(events);
    }
    this.#pending.clear();
    return { state: this.#state, position: this.#position, channels: this.#heads.all() };
  }

  /** What is pending in a namespace, by name. */
  #siblings(resource: ResourceId, namespace: string): Map<string, LateEvent[]> {
    let namespaces = this.#pending.get(resource);
    if (namespaces === undefined) this.#pending.set(resource, (namespaces = new Map()));
    let siblings = namespaces.get(namespace);
    if (siblings === undefined) namespaces.set(namespace, (siblings = new Map()));
    return siblings;
  }

  /** Events of one object. */
  #foldIn(events: readonly LateEvent[]): void {
    const [first] = events;
    if (first === undefined) return;
    const { resource, namespace, name } = first;
    let object = this.#state.get(resource, namespace, name);
    for (const event of events) object = foldObject(object, event.read());
    if (object !== undefined) this.#state.put(resource, object);
  }
}
