import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { AppliedEvent } from '@shiplog/cluster';
import { localKey, storedApiVersion, type LogEvent, type Signals, type StoredObject } from '@shiplog/contracts';
import type { Change } from '../../cache/window/change';
import { Catalog } from '@shiplog/apimachinery';
import { WatchCache } from '../../cache/watch-cache';
import { Clock } from '../../common/clock';
import { eventLinesOf, type EventLine } from './render/event-lines';
import { eventOf, repeated, type KubeEvent } from './render/kube-event';

/** As long as Kubernetes keeps its Events, in milliseconds. */
const KEPT_MS = 60 * 60_000;
const MOST = 10_000;
/** The kubelet's note and the log's event of one happening: the same line within this time is the same one. */
const SAME_MS = 5_000;

/**
 * Kubernetes Events, made from the log and from the notes of the services instead of being written: a line that comes
 * again only counts up. Kept in memory, for the last hour. Their names come from what they say, so
 * several apis, and one before and after a restart, name them alike.
 */
@Injectable()
export class EventRecorder implements OnModuleInit {
  /** By namespace and name, the longest unheard of first. */
  readonly #events = new Map<string, KubeEvent>();

  constructor(
    private readonly watchCache: WatchCache,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.watchCache.deriveWith((applied) => this.recordApplied(applied));
  }

  get(namespace: string, name: string): StoredObject | undefined {
    const event = this.#events.get(localKey(namespace, name));
    return event === undefined || this.#isOld(event) ? undefined : event;
  }

  list(namespace: string): StoredObject[] {
    return [...this.#events.values()].filter(
      (event) => (namespace === '' || event.metadata.namespace === namespace) && !this.#isOld(event),
    );
  }

  /** What an event of the log adds to the Events. */
  recordApplied(applied: AppliedEvent): Change[] {
    if (applied.event.resource === 'namespaces' && applied.event.fact === 'Deleted')
      return this.#forgetNamespace(applied.event);
    const { time, position } = applied.event;
    return eventLinesOf(applied).flatMap((line) => this.#add(line, time, { position }));
  }

  /** Events of the log from before this api heard of them, oldest first; nobody watches yet. */
  replay(events: readonly LogEvent[]): void {
    for (const event of events) {
      if (this.clock.now() - Date.parse(event.time) < KEPT_MS) this.recordApplied({ event });
    }
  }

  /** What a service says that is no fact of the log. */
  recordNote(note: Signals['note']): void {
    const { namespace, name, uid, resource, fieldPath } = note.about;
    const row = Catalog.builtIn.get(resource);
    if (row === undefined) return;
    const about = {
      apiVersion: storedApiVersion(row),
      kind: row.kind,
      name,
      uid,
      ...(namespace === '' ? {} : { namespace }),
      ...(fieldPath === undefined ? {} : { fieldPath }),
    };
    const time = new Date(this.clock.now()).toISOString();
    const origin = { position: this.watchCache.position, fromSignal: true } as const;
    this.watchCache.publish('events', this.#add({ ...note, about }, time, origin));
  }

  /** Takes one out, as a user's delete does. Returns whether it was there. */
  remove(namespace: string, name: string): boolean {
    const before = this.#events.get(localKey(namespace, name));
    if (before === undefined) return false;
    this.#events.delete(localKey(namespace, name));
    this.watchCache.publish('events', [
      { resource: 'events', position: this.watchCache.position, before, fromSignal: true },
    ]);
    return true;
  }

  #add(line: EventLine, time: string, origin: Pick<Change, 'position' | 'fromSignal'>): Change[] {
    const fresh = eventOf(line, time, origin.position);
    const key = localKey(fresh.metadata.namespace ?? '', fresh.metadata.name);
    const before = this.#events.get(key);
    if (before !== undefined && Date.parse(time) - Date.parse(before.lastTimestamp ?? '') < SAME_MS) return [];
    const after = before === undefined ? fresh : repeated(before, fresh);
    this.#events.delete(key);
    this.#events.set(key, after);
    return [{ resource: 'events', ...origin, before, after }, ...this.#forgetOld(origin)];
  }

  #forgetOld(origin: Pick<Change, 'position' | 'fromSignal'>): Change[] {
    const changes: Change[] = [];
    for (const [key, before] of this.#events) {
      if (this.#events.size <= MOST && !this.#isOld(before)) break;
      this.#events.delete(key);
      changes.push({ resource: 'events', ...origin, before });
    }
    return changes;
  }

  #forgetNamespace({ name, position }: LogEvent): Change[] {
    const changes: Change[] = [];
    for (const [key, before] of this.#events) {
      if (before.metadata.namespace !== name) continue;
      this.#events.delete(key);
      changes.push({ resource: 'events', position, before });
    }
    return changes;
  }

  #isOld(event: KubeEvent): boolean {
    return this.clock.now() - Date.parse(event.lastTimestamp ?? '') > KEPT_MS;
  }
}
