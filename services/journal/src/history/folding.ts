import { setImmediate as turn } from 'node:timers/promises';
import { foldObject, isCreation, isDeletion, type ClusterState } from '@shiplog/cluster';
import type { ResourceId } from '@shiplog/contracts';
import type { LateEvent } from '../database/logged-row';
import type { StateAt } from '../database/snapshot.repository';
import { ChannelHeads } from '../writer/channel-heads';
import { LateExcerpts } from './late-excerpts';

/** Events of an object that wait, at most: one that changes all the time and stays would keep its whole past. */
const MOST_WAITING = 32;
/** Bytes of all that waits, at most: of a log in which little ends, it would be the whole log. */
const MOST_BYTES = 64 * 1024 * 1024;
/** Events folded in one go: a few milliseconds. Whoever folds may be the one who decides, too. */
const SLICE = 500;

/**
 * Folds events into a state when all of them are there: what led to an object that is gone again is never even read, and that
 * is most of a busy cluster's log. The fold looks at one object at a time, so it comes to the same.
 *
 * One call at a time: the next begins when the one before it has resolved.
 */
export class Folding {
  readonly #state: ClusterState;
  readonly #heads: ChannelHeads;
  readonly #excerpts: LateExcerpts;
  #position: number;
  /** By object, since it was there or was made. */
  readonly #pending = new Map<ResourceId, Map<string, Map<string, LateEvent[]>>>();
  #bytes = 0;

  /** The given state is changed from now on; it is whole after `fold`. */
  constructor(from: StateAt) {
    this.#state = from.state;
    this.#heads = new ChannelHeads(from.channels);
    this.#excerpts = new LateExcerpts(this.#heads);
    this.#position = from.position;
  }

  /** Of the last event taken. */
  get position(): number {
    return this.#position;
  }

  /** Rejects with a FoldError at the change of what is not there. */
  async take(events: readonly LateEvent[]): Promise<void> {
    for (const event of events) {
      this.#keep(event);
      this.#heads.follow(event, []);
      this.#excerpts.take(event);
      this.#position = event.position;
    }
    if (this.#bytes > MOST_BYTES) await this.#foldPending();
  }

  #keep(event: LateEvent): void {
    const { resource, namespace, name, fact } = event;
    const siblings = this.#siblings(resource, namespace);
    const pending = siblings.get(name);
    if (isDeletion(fact)) {
      if (pending !== undefined) this.#bytes -= bytesOf(pending);
      siblings.delete(name);
      this.#state.remove(resource, namespace, name);
    } else if (pending !== undefined) {
      this.#bytes += event.bytes;
      if (pending.push(event) >= MOST_WAITING) this.#foldIn(pending.splice(0));
    } else if (isCreation(fact) || this.#state.get(resource, namespace, name) !== undefined) {
      this.#bytes += event.bytes;
      siblings.set(name, [event]);
    } else {
      this.#bytes += event.bytes;
      this.#foldIn([event]);
    }
  }

  /** All that was taken; folds what is left. */
  async fold(): Promise<StateAt> {
    await this.#foldPending();
    this.#excerpts.settle();
    return { state: this.#state, position: this.#position, channels: this.#heads.all() };
  }

  async #foldPending(): Promise<void> {
    let folded = 0;
    for (const namespaces of this.#pending.values()) {
      for (const siblings of namespaces.values()) {
        for (const events of siblings.values()) {
          this.#foldIn(events);
          folded += events.length;
          if (folded < SLICE) continue;
          folded = 0;
          await turn();
        }
      }
    }
    this.#pending.clear();
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
    this.#bytes -= bytesOf(events);
  }
}

function bytesOf(events: readonly LateEvent[]): number {
  let sum = 0;
  for (const { bytes } of events) sum += bytes;
  return sum;
}
