import { BusUnavailable, decodeEvent, type Bus, type ReceivedEvent } from '@shiplog/bus';
import { ClusterState, hashResource, type Applied } from '@shiplog/cluster';
import {
  EventsQuery,
  Head,
  PositionQuery,
  subjects,
  type Channel,
  type LogEvent,
  type ObjectOf,
  type ResourceId,
  type Signals,
  type StoredObject,
} from '@shiplog/contracts';
import type { Msg, Subscription } from 'nats';
import type { Logger } from 'pino';
import { Acceptance, type Accept } from './acceptance';
import { Cursor } from './cursor';
import { differences } from './difference';
import { Waiters } from './waiters';

export interface ProjectionOptions {
  channels: readonly Channel[];
  logger: Logger;
  /** How often a node's channels are compared with the journal's, in milliseconds; default 30 s. */
  proveNodeEveryMs?: number;
  /**
   * What is wrong with an object, if anything: then `get`, `list` and listeners know nothing of it, a warning says so once
   * per version, and it is folded all the same. Default: nothing ever is.
   */
  accept?: Accept;
}
export type AppliedListener = (batch: readonly Applied[]) => void;

/** Events refetched to close one gap; a longer gap is closed by loading the state anew. */
const REFETCH_LIMIT = 20_000;
const REFETCH_PAGE = 1_000;
/** The journal may come later than its readers, by a moment or by much. */
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 2_000;
/** How often what belongs to a node is compared with the journal's: heads carry no hashes of nodes' channels. */
const PROVE_NODE_MS = 30_000;

/**
 * A service's own copy of the part of the cluster that it looks at: loaded from the journal, kept live by events,
 * healed when some were lost. Folding happens as a message arrives; listeners hear of it once a read.
 */
export class Projection {
  /** Everything that was folded, also what `accept` keeps from being acted upon. */
  readonly state = new ClusterState();
  readonly #cursors = new Map<string, Cursor>();
  readonly #subscriptions: Subscription[] = [];
  readonly #listeners = new Set<AppliedListener>();
  readonly #waiters = new Waiters();
  readonly #logger: Logger;
  readonly #acceptance: Acceptance | undefined;
  #position = 0;
  #heard: Applied[] = [];
  /** Arrivals wait here while state or missed events are fetched; undefined: they are folded at once. */
  #held: { cursor: Cursor; received: ReceivedEvent }[] | undefined = [];
  #retry: NodeJS.Timeout | undefined;
  #proving: NodeJS.Timeout | undefined;
  #closed = false;
  #statistics = { repeated: 0, gaps: 0, reloads: 0, hashesProved: 0, hashesFailed: 0 };

  private constructor(
    private readonly bus: Bus,
    private readonly options: ProjectionOptions,
  ) {
    this.#logger = options.logger;
    if (options.accept !== undefined) this.#acceptance = new Acceptance(options.accept, options.logger);
    for (const channel of options.channels) {
      const cursor = new Cursor(channel);
      this.#cursors.set(cursor.name, cursor);
    }
  }

  /** Resolves when the state is loaded and live; waits for the journal as long as it takes. */
  static async open(bus: Bus, options: ProjectionOptions): Promise<Projection> {
    const projection = new Projection(bus, options);
    projection.#subscribe();
    await projection.#catchUp([...projection.#cursors.values()], 'load');
    projection.#watchConnection();
    projection.#proveNodeChannels();
    return projection;
  }

  /** Everything up to here is folded in. */
  get position(): number {
    return this.#position;
  }

  /** Repetitions ignored, gaps healed, reloads, and hashes compared with the journal's. */
  get statistics(): Readonly<{
    repeated: number;
    gaps: number;
    reloads: number;
    hashesProved: number;
    hashesFailed: number;
  }> {
    return this.#statistics;
  }

  get<R extends ResourceId>(resource: R, namespace: string, name: string): ObjectOf<R> | undefined {
    const object = this.state.get(resource, namespace, name);
    return this.#acceptance === undefined ? object : this.#acceptance.of(resource, object);
  }

  list<R extends ResourceId>(resource: R, namespace?: string): readonly ObjectOf<R>[] {
    const objects = this.state.list(resource, namespace);
    const acceptance = this.#acceptance;
    return acceptance === undefined ? objects : objects.filter((one) => acceptance.of(resource, one) !== undefined);
  }

  /** Calls back after each batch is folded, in order. Returns what ends it. */
  onApplied(listener: AppliedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves once everything up to a position is folded in; rejects after the timeout (default 10 s). */
  waitFor(position: number, timeoutMs = 10_000): Promise<void> {
    return position <= this.#position ? Promise.resolve() : this.#waiters.wait(position, timeoutMs);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    clearInterval(this.#proving);
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    await Promise.resolve();
  }

  #subscribe(): void {
    for (const cursor of this.#cursors.values()) {
      const subject = subjects.channel(cursor.channel);
      this.#subscriptions.push(this.bus.listen(subject, (message) => this.#receive(cursor, message)));
    }
    this.#subscriptions.push(this.bus.hear(Head, (head) => this.#compare(head)));
  }

  #receive(cursor: Cursor, message: Msg): void {
    // What can't be read is told by the bus; its successor, or the next head, shows the gap.
    const received = decodeEvent(message);
    if (this.#held !== undefined) this.#held.push({ cursor, received });
    else this.#take(cursor, received);
  }

  #take(cursor: Cursor, received: ReceivedEvent): void {
    switch (cursor.classify(received)) {
      case 'repeated':
        this.#statistics.repeated++;
        return;
      case 'next':
        this.#fold(cursor, received.event, received.entering);
        return;
      case 'gap':
        this.#statistics.gaps++;
        this.#held = [{ cursor, received }];
        this.#logger.warn(
          { channel: cursor.name, read: cursor.last, arrived: received.event.position },
          'missed events; fetching them',
        );
        void this.#catchUp([cursor], 'refetch');
    }
  }

  #fold(cursor: Cursor, event: LogEvent, entering?: StoredObject): void {
    const { resource, namespace, name } = event;
    if (entering !== undefined && this.state.get(resource, namespace, name) === undefined) {
      this.state.put(resource, entering);
      this.#tell({ event, after: entering });
    } else {
      this.#tell(this.state.apply(event));
    }
    cursor.last = event.position;
    this.#reach(event.position);
  }

  #reach(position: number): void {
    if (position <= this.#position) return;
    this.#position = position;
    this.#waiters.reached(position);
  }

  #tell(applied: Applied): void {
    const seen = this.#acceptance === undefined ? applied : this.#acceptance.view(applied);
    if (seen === undefined || this.#heard.push(seen) > 1) return;
    queueMicrotask(() => {
      const batch = this.#heard;
      this.#heard = [];
      for (const listener of this.#listeners) listener(batch);
    });
  }

  /**
   * Closes gaps until none is left, then folds what arrived meanwhile. What had arrived before the attempt that succeeded
   * is part of what was fetched, or was never in the log: held on to, an event whose predecessor never comes would
   * have its reader fetch without end.
   */
  async #catchUp(cursors: Cursor[], how: 'load' | 'refetch'): Promise<void> {
    this.#held ??= [];
    let pause = FIRST_RETRY_MS;
    let before = this.#held.length;
    for (let attempt = how; !(await this.#tryCatchUp(cursors, attempt)); attempt = 'load') {
      await new Promise<void>((resolve) => (this.#retry = setTimeout(resolve, pause)));
      pause = Math.min(pause * 2, LONGEST_RETRY_MS);
      if (this.#closed) return;
      before = this.#held.length;
    }
    const held = this.#held;
    this.#held = undefined;
    held.forEach(({ cursor, received }, i) => {
      if (i < before && cursors.includes(cursor)) this.#forget(cursor, received);
      else if (this.#held === undefined) this.#take(cursor, received);
      else this.#held.push({ cursor, received });
    });
  }

  #forget(cursor: Cursor, { event }: ReceivedEvent): void {
    if (event.position <= cursor.last) return;
    this.#logger.warn(
      { channel: cursor.name, position: event.position },
      'an event that the journal does not confirm; dropped',
    );
  }

  /** False when the journal is not there, or fails. */
  async #tryCatchUp(cursors: Cursor[], how: 'load' | 'refetch'): Promise<boolean> {
    try {
      if (how === 'load') await this.#load(cursors);
      for (const cursor of how === 'refetch' ? cursors : []) {
        if (!(await this.#refetch(cursor))) await this.#load([cursor]);
      }
      return true;
    } catch (error) {
      if (error instanceof BusUnavailable) this.#logger.info({ why: error.last }, 'waiting for the journal');
      else if (!this.#closed) this.#logger.warn({ err: error }, `could not ${how} state; trying again`);
      return this.#closed;
    }
  }

  /** False when the gap is better closed by loading: a node's channel, or too long. */
  async #refetch(cursor: Cursor): Promise<boolean> {
    if (cursor.channel.node !== undefined) return false;
    for (let fetched = 0; fetched < REFETCH_LIMIT; fetched += REFETCH_PAGE) {
      const { events, more } = await this.bus.ask(EventsQuery, {
        channels: [cursor.channel],
        after: cursor.last,
        limit: REFETCH_PAGE,
      });
      for (const event of events) this.#fold(cursor, event);
      if (!more) return true;
    }
    return false;
  }

  async #load(cursors: readonly Cursor[]): Promise<void> {
    this.#statistics.reloads++;
    const found = new Map<ResourceId, StoredObject[]>();
    let position = 0;
    let lasts: Record<string, number> | undefined;
    for await (const chunk of this.bus.state({ channels: cursors.map((cursor) => cursor.channel) })) {
      position = chunk.position;
      lasts = chunk.channels ?? lasts;
      for (const { resource, object } of chunk.objects) {
        const list = found.get(resource);
        if (list === undefined) found.set(resource, [object]);
        else list.push(object);
      }
    }
    if (lasts === undefined) throw new Error('the state ended without its last chunk');
    for (const cursor of cursors) {
      const { resource } = cursor.channel;
      for (const applied of differences(cursor.channel, this.state, found.get(resource) ?? [], position)) {
        if (applied.after !== undefined) this.state.put(resource, applied.after);
        else this.state.remove(resource, applied.event.namespace, applied.event.name);
        this.#tell(applied);
      }
      cursor.last = lasts[cursor.name] ?? 0;
    }
    if (cursors.length === this.#cursors.size) this.#position = Math.min(this.#position, position);
    this.#reach(position);
  }

  /** The journal's word on where it is, in order with its events: whoever is behind it now has missed the tail. */
  #compare(head: Signals['head']): void {
    if (this.#held !== undefined) return;
    if (head.position < this.#position) {
      this.#logger.warn(
        { head: head.position, position: this.#position },
        'the log is shorter than what was read; loading anew',
      );
      void this.#catchUp([...this.#cursors.values()], 'load');
      return;
    }
    const cursors = [...this.#cursors.values()];
    const ahead = cursors.filter((cursor) => cursor.last > (head.channels[cursor.name] ?? 0));
    if (ahead.length > 0) {
      this.#logger.error(
        { channels: ahead.map(({ name }) => name) },
        'events were read that the journal does not know; loading anew',
      );
      void this.#catchUp(ahead, 'load');
      return;
    }
    const behind = cursors.filter((cursor) => (head.channels[cursor.name] ?? 0) > cursor.last);
    if (behind.length > 0) {
      this.#statistics.gaps++;
      void this.#catchUp(behind, 'refetch');
      return;
    }
    this.#reach(head.position);
    if (head.position === this.#position) this.#prove(head.hashes ?? {});
  }

  #prove(hashes: Partial<Record<string, string>>): void {
    const wrong: Cursor[] = [];
    for (const cursor of this.#cursors.values()) {
      const expected = hashes[cursor.name];
      if (expected === undefined) continue;
      if (hashResource(this.state, cursor.channel.resource) === expected) {
        this.#statistics.hashesProved++;
        continue;
      }
      this.#statistics.hashesFailed++;
      this.#logger.error(
        { channel: cursor.name, position: this.#position },
        'state differs from the journal; loading anew',
      );
      for (const object of [...this.state.values(cursor.channel.resource)]) {
        this.state.put(cursor.channel.resource, { ...object, metadata: { ...object.metadata, resourceVersion: '0' } });
      }
      wrong.push(cursor);
    }
    if (wrong.length > 0) void this.#catchUp(wrong, 'load');
  }

  /** An object that was never in the log, but belongs to this node, would be found by nobody else. */
  #proveNodeChannels(): void {
    const cursors = [...this.#cursors.values()].filter(({ channel }) => channel.node !== undefined);
    if (cursors.length === 0) return;
    const prove = async (): Promise<void> => {
      if (this.#held !== undefined) return;
      const channels = cursors.map(({ channel }) => channel);
      const { channels: lasts, hashes = {} } = await this.bus.ask(PositionQuery, { channels, hashes: true });
      if (this.#held !== undefined) return;
      const comparable = cursors.filter(({ name, last }) => lasts[name] === last);
      this.#prove(Object.fromEntries(comparable.map(({ name }) => [name, hashes[name]])));
    };
    this.#proving = setInterval(() => {
      prove().catch((error: unknown) => this.#logger.debug({ err: error }, 'the journal could not be compared with'));
    }, this.options.proveNodeEveryMs ?? PROVE_NODE_MS);
    this.#proving.unref();
  }

  /** What was published while the connection was down is lost to this subscriber: ask where the channels are. */
  #watchConnection(): void {
    const watch = async (): Promise<void> => {
      for await (const status of this.bus.connection.status()) {
        if (this.#closed) return;
        if (String(status.type) !== 'reconnect' || this.#held !== undefined) continue;
        await this.#catchUp([...this.#cursors.values()], 'refetch');
      }
    };
    watch().catch((error: unknown) => this.#logger.error({ err: error }, 'the connection could not be watched'));
  }
}
