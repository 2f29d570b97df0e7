import { Inject, Injectable } from '@nestjs/common';
import type { AppliedEvent } from '@shiplog/cluster';
import { type ResourceId, type StoredObject } from '@shiplog/contracts';
import { CONFIG } from '@shiplog/service';
import type { ApiConfig } from '../settings';
import type { Change } from './window/change';
import { SharedSlices } from './shared-slices';
import { EventWindow } from './window/event-window';

/** Who wants to hear of the changes of one resource, as they come. */
export interface Listener {
  /** Some changes came, the first of them at place `seq` of the window; `shared` is this batch's, for work done once. */
  heard(changes: readonly Change[], seq: number, shared: Map<string, Buffer>): void;
  /** Changes were missed for good: nobody can say what came between. Is not told of any more. */
  lost(): void;
}

/** Makes changes from those of the log, which come right after them. */
export interface Deriver {
  /** `replaced`: what the changed object was before the log knew of it. */
  of(applied: AppliedEvent): { readonly changes: readonly Change[]; readonly replaced?: StoredObject };
  /** The state of a position was loaded: what came before it was missed. */
  reloaded(position: number): void;
}

/** Every resource's window of recent changes, and those who watch it. */
@Injectable()
export class WatchCache {
  /** Of the windows, for those who read the same at about the same time. */
  readonly slices = new SharedSlices();
  /** Made by the first who asks, or by the first change. */
  readonly #windows = new Map<ResourceId, EventWindow>();
  readonly #listeners = new Map<ResourceId, Set<Listener>>();
  #deriver: Deriver = { of: () => ({ changes: [] }), reloaded: () => undefined };
  #position = 0;
  /** Everything after it is known: where a window begins that no change has come to yet. */
  #since = 0;

  constructor(@Inject(CONFIG) private readonly config: Pick<ApiConfig, 'watchWindow' | 'watchWindowBytes'>) {
    this.begin(0);
  }

  /** From here on it knows everything that comes after `position`. */
  begin(position: number): void {
    this.#position = position;
    this.#since = position;
    this.#windows.clear();
    this.slices.clear();
  }

  /**
   * The projection closed a gap by loading the state of a position: it knows what is, and not what was between. Those who
   * watch are told so, for they might have missed what came and went; watches from before are served from the journal,
   * which knows.
   */
  reloaded(position: number): void {
    // A log that was restored may be shorter than the one before.
    this.#position = position;
    this.#since = position;
    for (const resource of this.#windows.keys()) this.forget(resource);
    this.#deriver.reloaded(position);
  }

  /** Nothing of a resource up to now is certain: who watches it is told so, and the past is the journal's. */
  forget(resource: ResourceId): void {
    this.window(resource).forget(this.#position);
    const listeners = this.#listeners.get(resource);
    const told = [...(listeners ?? [])];
    listeners?.clear();
    for (const listener of told) listener.lost();
  }

  /** Has changes made from those of the log. */
  deriveWith(deriver: Deriver): void {
    this.#deriver = deriver;
  }

  /** The windows hold everything up to here: the projection's position, or a moment before it. */
  get position(): number {
    return this.#position;
  }

  window(resource: ResourceId): EventWindow {
    const known = this.#windows.get(resource);
    if (known !== undefined) return known;
    const capacity = { changes: this.config.watchWindow, bytes: this.config.watchWindowBytes };
    const window = new EventWindow(capacity, this.#since);
    this.#windows.set(resource, window);
    return window;
  }

  /** Hears of changes from now on; returns what ends it. */
  listen(resource: ResourceId, listener: Listener): () => void {
    const listeners = this.#listeners.get(resource) ?? new Set();
    this.#listeners.set(resource, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  get watchers(): number {
    let sum = 0;
    for (const listeners of this.#listeners.values()) sum += listeners.size;
    return sum;
  }

  /** Takes in what the projection has folded, and what is made from it. */
  applied(batch: readonly AppliedEvent[]): void {
    const changes = new Map<ResourceId, Change[]>();
    const add = (change: Change): void => {
      const list = changes.get(change.resource);
      if (list === undefined) changes.set(change.resource, [change]);
      else list.push(change);
    };
    for (const applied of batch) {
      const derived = this.#deriver.of(applied);
      const before = applied.before ?? derived.replaced;
      if (before !== undefined || applied.after !== undefined) add(changeOf({ ...applied, before }));
      for (const change of derived.changes) add(change);
      this.#position = Math.max(this.#position, applied.event.position);
    }
    for (const [resource, list] of changes) this.publish(resource, list);
  }

  /** Takes in changes of one resource. */
  publish(resource: ResourceId, changes: readonly Change[]): void {
    const window = this.window(resource);
    const seq = window.next;
    // After a gap too long to refetch the changes are made up, and come in no order.
    const ordered = isOrdered(changes) ? changes : [...changes].sort((a, b) => a.position - b.position);
    for (const change of ordered) window.push(change);
    const shared = new Map<string, Buffer>();
    for (const listener of this.#listeners.get(resource) ?? []) listener.heard(ordered, seq, shared);
  }

  /** An object's last change up to a position; undefined when the window does not know. */
  changeUpTo(resource: ResourceId, namespace: string, name: string, position: number): Change | undefined {
    // The window lags the fold by a moment: it can't vouch for what it has not heard of.
    if (position > this.#position) return undefined;
    const isIt = ({ before, after }: Change): boolean => {
      const metadata = (after ?? before)?.metadata;
      return metadata?.name === name && (metadata.namespace ?? '') === namespace;
    };
    return this.window(resource).lastUpTo(position, isIt);
  }
}

function changeOf({ event, before, after }: AppliedEvent): Change {
  return { resource: event.resource, position: event.position, before, after };
}

function isOrdered(changes: readonly Change[]): boolean {
  for (let i = 1; i < changes.length; i++) {
    if ((changes[i]?.position ?? 0) < (changes[i - 1]?.position ?? 0)) return false;
  }
  return true;
}
