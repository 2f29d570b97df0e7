import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Catalog } from '@shiplog/apimachinery';
import type { AppliedEvent } from '@shiplog/cluster';
import { localKey, storedApiVersion, type Signals, type StoredObject } from '@shiplog/contracts';
import { background, HEALTH, LOGGER, type Health } from '@shiplog/service';
import type { Logger } from 'pino';
import { HistoricalReads } from '../../cache/historical-reads';
import { WatchCache } from '../../cache/watch-cache';
import type { Change } from '../../cache/window/change';
import { Clock } from '../../common/clock';
import { EVENT_TTL_MS } from '@shiplog/kube';
import { DerivedEvents, SAME_MS, type Derivation } from './domain/derived-events';
import { EventHistory } from './event-history';
import type { EventLine } from './render/event-lines';
import { eventOf, repeated, type KubeEvent } from './render/kube-event';

/** Notes kept at most. */
const MOST = 10_000;

/**
 * Kubernetes Events that nobody writes: those that the log tells, the same on every api and known for every position (`DerivedEvents`),
 * and the services' notes, which are no facts and are kept here for an hour. A client that changes or removes one
 * makes it an object of the log.
 */
@Injectable()
export class EventRecorder implements OnModuleInit {
  #derived = new DerivedEvents();
  /** What has come while the log is read back. */
  #pending: AppliedEvent[] | undefined = [];
  #reading: Promise<void> | undefined;
  #isRead: () => void = () => undefined;
  #read = new Promise<void>((resolve) => (this.#isRead = resolve));
  /** By namespace and name, the longest unheard of first. */
  readonly #notes = new Map<string, KubeEvent>();

  constructor(
    private readonly watchCache: WatchCache,
    private readonly historical: HistoricalReads,
    private readonly history: EventHistory,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(HEALTH) private readonly health: Health,
  ) {}

  onModuleInit(): void {
    this.watchCache.deriveWith({
      of: (applied) => this.recordApplied(applied),
      reloaded: (position) => {
        this.#pending = [];
        this.#read = new Promise((resolve) => (this.#isRead = resolve));
        background(this.readBack(position), { health: this.health, logger: this.logger });
      },
    });
    this.historical.deriveEvents((namespace, position) => this.listAt(namespace, position));
  }

  /** Resolves when what the log tells is known. */
  get read(): Promise<void> {
    return this.#read;
  }

  /** Up to here the log is told. */
  get position(): number {
    return this.watchCache.position;
  }

  get(namespace: string, name: string): StoredObject | undefined {
    const note = this.#notes.get(localKey(namespace, name));
    return this.#derived.get(namespace, name) ?? (note === undefined || this.#isOld(note) ? undefined : note);
  }

  /** In no particular order; all namespaces for ''. */
  list(namespace: string): StoredObject[] {
    return [...this.#derived.list(namespace), ...this.#notesOf(namespace)];
  }

  /** As they were at a position; of notes, those that are still known. */
  async listAt(namespace: string, position: number): Promise<StoredObject[]> {
    await this.#read;
    if (this.watchCache.position === position) return this.list(namespace);
    const derived = await this.history.at(position);
    const notes = this.#notesOf(namespace).filter(({ metadata }) => Number(metadata.resourceVersion) <= position);
    return [...derived.list(namespace), ...notes];
  }

  /** What an event of the log does to the Events. */
  recordApplied(applied: AppliedEvent): Derivation {
    const { resource, fact, namespace, name, position } = applied.event;
    const removed: Change[] = [];
    let note: StoredObject | undefined;
    if (resource === 'namespaces' && fact === 'Deleted') removed.push(...this.#forgetNamespace(name, position));
    else if (resource === 'events') {
      const key = localKey(namespace, name);
      note = this.#notes.get(key);
      this.#notes.delete(key);
    }
    if (this.#pending !== undefined) {
      this.#pending.push(applied);
      return { changes: removed, replaced: note };
    }
    const { changes, replaced } = this.#derived.apply(applied);
    return { changes: [...removed, ...changes], replaced: replaced ?? note };
  }

  /**
   * Makes the Events of a position from the log, then those of what has come since. Where the log can't be read that far back, there
   * are only those, and the api's own log says so.
   */
  async readBack(position: number): Promise<void> {
    const reading = this.history.at(position).catch((error: unknown) => {
      this.logger.warn({ err: error }, 'what happened before the start is not among the Events');
      return new DerivedEvents();
    });
    const mine = (this.#reading = reading.then(() => undefined));
    const derived = await reading;
    // Another gap has begun another one meanwhile.
    if (this.#reading !== mine) return;
    for (const applied of this.#pending ?? []) if (applied.event.position > position) derived.apply(applied);
    this.#derived = derived;
    this.#pending = undefined;
    this.watchCache.forget('events');
    this.#isRead();
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
    const line = { ...note, about };
    if (!this.#derived.isRecent(line, time)) this.watchCache.publish('events', this.#addNote(line, time));
  }

  #addNote(line: EventLine, time: string): Change[] {
    const { position } = this.watchCache;
    const fresh = eventOf(line, time, position);
    const key = localKey(fresh.metadata.namespace ?? '', fresh.metadata.name);
    const before = this.#notes.get(key);
    if (before !== undefined && Date.parse(time) - Date.parse(before.lastTimestamp ?? '') < SAME_MS) return [];
    const after = before === undefined ? fresh : repeated(before, fresh);
    this.#notes.delete(key);
    this.#notes.set(key, after);
    return [{ resource: 'events', position, fromSignal: true, before, after }, ...this.#forgetOld(position)];
  }

  #notesOf(namespace: string): KubeEvent[] {
    return [...this.#notes.values()].filter(
      (event) => (namespace === '' || event.metadata.namespace === namespace) && !this.#isOld(event),
    );
  }

  #forgetOld(position: number): Change[] {
    const changes: Change[] = [];
    for (const [key, before] of this.#notes) {
      if (this.#notes.size <= MOST && !this.#isOld(before)) break;
      this.#notes.delete(key);
      changes.push({ resource: 'events', position, fromSignal: true, before });
    }
    return changes;
  }

  #forgetNamespace(name: string, position: number): Change[] {
    const changes: Change[] = [];
    for (const [key, before] of this.#notes) {
      if (before.metadata.namespace !== name) continue;
      this.#notes.delete(key);
      changes.push({ resource: 'events', position, before });
    }
    return changes;
  }

  #isOld(event: KubeEvent): boolean {
    return this.clock.now() - Date.parse(event.lastTimestamp ?? '') > EVENT_TTL_MS;
  }
}
