import { setImmediate as turn } from 'node:timers/promises';
import { BusUnavailable, decodePart, watchOf, type Bus } from '@shiplog/bus';
import { ClusterState, ViewFold, type AppliedEvent } from '@shiplog/cluster';
import {
  Head,
  NodeHead,
  PositionQuery,
  resourceOfCommit,
  subjects,
  type ObjectOf,
  type PayloadOf,
  type ResourceId,
  type Signals,
} from '@shiplog/contracts';
import { BackOff, pause } from '@shiplog/wait';
import type { Msg, Subscription } from 'nats';
import type { Logger } from 'pino';
import { Acceptance } from './acceptance';
import { loadState, refetch } from './catch-up';
import { Cursors, type Cursor, type Told } from './cursor';
import { differences } from './difference';
import { Reassembly, type ReassembledEvent, type ReceivedPart } from './reassembly';
import { Held, tellUnconfirmed } from './held';
import { BatchListeners, Listeners } from './listeners';
import { OneAtATime } from './one-at-a-time';
import type { AppliedListener, ProjectionOptions, ReloadedListener } from './options';
import { atIntervals, distrust, hashesOfWhole, Proof, type Verdict } from './prove';
import { NOTHING_YET, type Statistics } from './statistics';
import { Waiters } from './waiters';

/** The journal may come later than its readers, by a moment or by much. */
const BACK_OFF = { firstMs: 50, longestMs: 2_000 };
/** Objects put in one go while nobody looks yet: a few milliseconds. */
const SLICE = 1_000;

/**
 * A service's own copy of the part of the cluster that it looks at: loaded from the journal, kept live by events,
 * healed when some were lost. Folding happens as a message arrives; listeners hear of it once a read.
 */
export class Projection {
  /** Everything that was folded, also what `accept` keeps from being acted upon. */
  readonly state: ClusterState;
  readonly #cursors: Cursors;
  readonly #subscriptions: Subscription[] = [];
  readonly #applied = new BatchListeners<AppliedEvent>();
  readonly #reloaded = new Listeners<number>();
  readonly #waiters = new Waiters();
  readonly #logger: Logger;
  readonly #acceptance: Acceptance | undefined;
  #position = 0;
  /** Of the newest head: a lower one of the same epoch was only late. */
  #head = { epoch: 0, position: 0 };
  /** Of the commit of which some parts are there already. */
  #reassembly: Reassembly | undefined;
  /** Arrivals wait here while state or missed events are fetched; undefined: they are folded at once. */
  #held: Held | undefined = new Held();
  /** Events do not tell whether something of a node's own channel was missed; until its next head, asking does. */
  readonly #question = new OneAtATime(() => this.#askWhereChannelsAre());
  readonly #proof: Proof;
  readonly #kept: ViewFold;
  #proving: NodeJS.Timeout | undefined;
  #isOpen = false;
  #unwatch: () => void = () => undefined;
  readonly #stop = new AbortController();
  #statistics: Statistics = { ...NOTHING_YET };

  private constructor(
    private readonly bus: Bus,
    private readonly options: ProjectionOptions,
  ) {
    this.#logger = options.logger;
    this.#kept = new ViewFold(options.keep);
    this.state = new ClusterState(undefined, this.#kept.fold);
    this.#proof = new Proof(this.#kept);
    if (options.accept !== undefined) this.#acceptance = new Acceptance(options.accept, options.logger);
    this.#cursors = new Cursors(options.channels);
    options.signal?.addEventListener('abort', () => this.#stop.abort(), { once: true });
  }

  /** Resolves when the state is loaded and live; waits for the journal as long as it takes. */
  static async open(bus: Bus, options: ProjectionOptions): Promise<Projection> {
    const projection = new Projection(bus, options);
    projection.#subscribe();
    await projection.#catchUp(projection.#cursors.all, 'load');
    projection.#isOpen = true;
    projection.#watchConnection();
    projection.#proveNodeChannels();
    return projection;
  }

  /** Everything up to here, of every channel, is folded in. */
  get position(): number {
    return this.#position;
  }

  get statistics(): Readonly<Statistics> {
    return this.#statistics;
  }

  get<R extends ResourceId>(resource: R, namespace: string, name: string): ObjectOf<R> | undefined {
    const object = this.state.get(resource, namespace, name);
    return this.#acceptance === undefined ? object : this.#acceptance.of(resource, object);
  }

  list<R extends ResourceId>(resource: R, namespace?: string): readonly ObjectOf<R>[] {
    const objects = this.state.list(resource, namespace);
    const acceptance = this.#acceptance;
    return acceptance === undefined
      ? objects
      : objects.filter((object) => acceptance.of(resource, object) !== undefined);
  }

  /** Calls back after each batch is folded, in order. Returns what ends it. */
  onApplied(listener: AppliedListener): () => void {
    return this.#applied.add(listener);
  }

  /** Calls back when history was skipped, before the listeners of what that changed. Returns what ends it. */
  onReloaded(listener: ReloadedListener): () => void {
    return this.#reloaded.add(listener);
  }

  /** Resolves once everything up to a position is folded in; rejects after the timeout (default 10 s). */
  waitFor(position: number, timeoutMs = 10_000): Promise<void> {
    if (position <= this.#position) return Promise.resolve();
    if (this.#cursors.ofNode.length > 0) this.#question.want();
    return this.#waiters.wait(position, timeoutMs);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#unwatch();
    clearInterval(this.#proving);
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    await Promise.resolve();
  }

  #subscribe(): void {
    const hear = (subject: string, cursor?: Cursor): void => {
      const receive = (message: Msg): void =>
        this.#receive(cursor ?? this.#cursors.of(resourceOfCommit(message.subject), this.#position), message);
      this.#subscriptions.push(this.bus.listen(subject, receive));
    };
    if (this.#cursors.isAll) hear(subjects.everyCommit);
    else for (const cursor of this.#cursors.all) hear(subjects.commit(cursor.channel), cursor);
    if (!this.#cursors.isOfNodeAlone) this.#subscriptions.push(this.bus.hear(Head, (head) => this.#compare(head)));
    if (this.#cursors.ofNode.length > 0)
      this.#subscriptions.push(this.bus.hearForNode(NodeHead, (head) => this.#compareNode(head)));
  }

  #receive(cursor: Cursor | undefined, message: Msg): void {
    if (cursor === undefined) return;
    // What can't be read is told by the bus; its successor, or the next head, shows the gap.
    const part = decodePart(message.data, cursor.channel);
    if (!this.bus.epochs.believes(part.epoch)) this.#statistics.disbelieved++;
    else if (this.#held !== undefined) this.#held.add({ cursor, part }, message.data.length);
    else this.#take({ cursor, part });
  }

  #take(received: ReceivedPart): void {
    const { cursor, part } = received;
    if ((part.events.at(-1)?.position ?? 0) <= cursor.last) {
      this.#statistics.repeated += part.events.length;
      return;
    }
    this.#cursors.meet(part, this.#position);
    const behind = this.#cursors.all.filter((other) => other.isBehind(part));
    if (behind.length > 0) return this.#miss(behind, received);
    // Of a commit of which something never came, the next one says so in its heads.
    if (this.#reassembly?.from !== part.from) this.#reassembly = new Reassembly(part.from);
    const reassembly = this.#reassembly;
    reassembly.add(received);
    if (!reassembly.isWhole(this.#cursors.all, part)) return;
    this.#reassembly = undefined;
    for (const event of reassembly.events()) this.#fold(event);
    const complete = reassembly.tellsOfNode ? this.#cursors.all : this.#cursors.ofResources;
    for (const cursor of complete) cursor.reach(part.to);
    this.#reach();
  }

  #miss(behind: readonly Cursor[], received: ReceivedPart): void {
    this.#statistics.gaps++;
    this.#logger.warn(
      { channels: behind.map(({ name }) => name), position: this.#position, arrived: received.part.from },
      'missed events; fetching them',
    );
    this.#reassembly = undefined;
    this.#held = new Held();
    this.#held.add(received, 0);
    void this.#catchUp(behind, 'refetch');
  }

  #fold({ cursor, event, entering }: ReassembledEvent): void {
    const { resource, namespace, name } = event;
    if (entering !== undefined && this.state.get(resource, namespace, name) === undefined) {
      this.state.put(resource, entering);
      this.#tell({ event, after: entering });
    } else {
      this.#tell(this.state.apply(event));
    }
    cursor.last = event.position;
    cursor.upTo = event.position;
  }

  /** The position is that up to which every channel is complete. */
  #reach(): void {
    const position = this.#cursors.all.reduce((least, { upTo }) => Math.min(least, upTo), Infinity);
    if (position <= this.#position || position === Infinity) return;
    this.#position = position;
    this.#waiters.reached(position);
  }

  #tell(applied: AppliedEvent): void {
    const seen = this.#acceptance === undefined ? applied : this.#acceptance.view(applied);
    if (seen !== undefined) this.#applied.push(seen);
  }

  /**
   * Closes gaps until none is left, then folds what arrived meanwhile. What had arrived before the attempt that succeeded
   * is part of what was fetched, or was never in the log: held on to, an event whose predecessor never comes would
   * have its reader fetch without end.
   */
  async #catchUp(cursors: readonly Cursor[], how: 'load' | 'refetch'): Promise<void> {
    const held = (this.#held ??= new Held());
    const { signal } = this.#stop;
    const backOff = new BackOff(BACK_OFF);
    while (!signal.aborted) {
      const before = held.count;
      const caughtUp = await this.#tryCatchUp(cursors, how);
      if (signal.aborted) return;
      if (caughtUp === undefined) {
        await pause(backOff.failed(), signal);
      } else if (held.lost) {
        held.take();
        [cursors, how] = [this.#cursors.all, 'refetch'];
      } else {
        return this.#release(held, before, caughtUp);
      }
    }
  }

  #release(held: Held, before: number, caughtUp: readonly Cursor[]): void {
    this.#held = undefined;
    held.take().forEach((arrived, i) => {
      const isOld = i < before && (!('cursor' in arrived) || caughtUp.includes(arrived.cursor));
      if (isOld) tellUnconfirmed(arrived, this.#logger);
      else if (this.#held !== undefined) this.#held.add(arrived, 0);
      else if ('compare' in arrived) arrived.compare();
      else this.#take(arrived);
    });
  }

  /** Which channels are complete now; undefined when the journal is not there, or fails. */
  async #tryCatchUp(cursors: readonly Cursor[], how: 'load' | 'refetch'): Promise<readonly Cursor[] | undefined> {
    try {
      if (how === 'load') {
        await this.#load(cursors);
        return cursors;
      }
      const ofNode = cursors.filter(({ isOfNode }) => isOfNode);
      if (ofNode.length > 0) await this.#load(ofNode);
      if (ofNode.length === cursors.length) return ofNode;
      const isClosed = await refetch(this.bus, this.#cursors, (cursor, event) => this.#fold({ cursor, event }));
      if (!isClosed) await this.#load(this.#cursors.ofResources);
      this.#reach();
      return [...ofNode, ...this.#cursors.ofResources];
    } catch (error) {
      if (error instanceof BusUnavailable) this.#logger.info({ reason: error.last }, 'waiting for the journal');
      else if (!this.#stop.signal.aborted) this.#logger.warn({ err: error }, `could not ${how} state; trying again`);
      return undefined;
    }
  }

  async #load(cursors: readonly Cursor[]): Promise<void> {
    this.#statistics.reloads++;
    const isWhole = cursors.length === this.#cursors.all.length;
    const channels = isWhole ? this.#cursors.channels : cursors.map(({ channel }) => channel);
    const { position, lasts, objects } = await loadState(this.bus, channels, this.#kept);
    if (isWhole) for (const name of Object.keys(lasts)) this.#cursors.of(name, this.#position);
    this.#reloaded.tell(position);
    let made = 0;
    for (const cursor of isWhole ? this.#cursors.all : cursors) {
      const { resource } = cursor.channel;
      // Kept in order from the first object on: to sort all of them at once would take long.
      this.state.keepSorted(resource);
      for (const applied of differences(cursor.channel, this.state, objects.get(resource) ?? [], position)) {
        // Once somebody looks, he sees the old state or the new one.
        if (!this.#isOpen && ++made % SLICE === 0) await turn();
        if (applied.after !== undefined) this.state.put(resource, applied.after);
        else this.state.remove(resource, applied.event.namespace, applied.event.name);
        this.#tell(applied);
      }
      cursor.last = lasts[cursor.name] ?? 0;
      cursor.upTo = position;
    }
    if (isWhole) this.#position = Math.min(this.#position, position);
    this.#reach();
  }

  /** The journal's word on where it is, in order with its events: whoever is behind it now has missed the tail. */
  #compare(head: Signals['head']): void {
    if (this.#held !== undefined) return this.#held.add({ compare: () => this.#compare(head) }, 0);
    if (!this.bus.epochs.believes(head.epoch)) {
      this.#statistics.disbelieved++;
      return;
    }
    if (head.epoch === this.#head.epoch && head.position < this.#head.position) return;
    this.#head = head;
    if (head.position < this.#position) {
      this.#logger.warn(
        { head: head.position, position: this.#position },
        'the log is shorter than what was read; loading anew',
      );
      void this.#catchUp(this.#cursors.all, 'load');
      return;
    }
    for (const name of Object.keys(head.channels)) this.#cursors.of(name, this.#position);
    if (!this.#agrees(this.#cursors.ofHeads, head)) return;
    void this.#prove(head.hashes ?? {});
    void this.#proof.ofView(this.state, this.#cursors.ofResources, head).then((verdict) => this.#judge(verdict));
  }

  #compareNode(head: PayloadOf<typeof NodeHead>): void {
    if (this.#cursors.isOfNodeAlone) return this.#compare(head);
    if (!this.bus.epochs.believes(head.epoch)) return;
    this.#compareWith(this.#cursors.ofNode, head);
  }

  /** The answer comes after the events that it speaks of, on the connection of both. */
  async #askWhereChannelsAre(): Promise<void> {
    try {
      const { all } = this.#cursors;
      this.#compareWith(all, await this.bus.ask(PositionQuery, { channels: all.map(({ channel }) => channel) }));
    } catch (error) {
      this.#logger.debug({ err: error }, 'the journal could not be asked where it is');
    }
  }

  #compareWith(cursors: readonly Cursor[], told: Told): void {
    if (this.#held !== undefined) this.#held.add({ compare: () => this.#compareWith(cursors, told) }, 0);
    else if (told.position >= this.#position) this.#agrees(cursors, told);
  }

  /** Whether channels have been read as far as the journal says that they go; otherwise they catch up. */
  #agrees(cursors: readonly Cursor[], head: Told): boolean {
    const lastOf = ({ name }: Cursor): number => head.channels[name] ?? 0;
    const contradicted = cursors.filter((cursor) => cursor.contradicts(lastOf(cursor)));
    const behind = cursors.filter((cursor) => cursor.last < lastOf(cursor));
    if (contradicted.length > 0) {
      const channels = contradicted.map(({ name }) => name);
      this.#logger.error({ channels }, 'what was read is not what the journal knows of; loading anew');
      void this.#catchUp(contradicted, 'load');
    } else if (behind.length > 0) {
      this.#statistics.gaps++;
      void this.#catchUp(behind, 'refetch');
    } else {
      for (const cursor of cursors) cursor.reach(head.position);
      this.#reach();
      return true;
    }
    return false;
  }

  async #prove(hashes: Partial<Record<string, string>>): Promise<void> {
    this.#judge(await this.#proof.of(this.state, this.#cursors.all, hashes));
  }

  #judge({ proved, wrong }: Verdict = { proved: 0, wrong: [] }): void {
    // What is loaded anew already, or read no more, is not what was judged.
    if (this.#held !== undefined || this.#stop.signal.aborted) return;
    this.#statistics.hashesProved += proved;
    if (wrong.length === 0) return;
    this.#statistics.hashesFailed += wrong.length;
    this.#logger.error(
      { channels: wrong.map(({ name }) => name), position: this.#position },
      'state differs from the journal; loading anew',
    );
    for (const cursor of wrong) distrust(this.state, cursor);
    void this.#catchUp(wrong, 'load');
  }

  /** An object that was never in the log, but belongs to this node, would be found by nobody else. */
  #proveNodeChannels(): void {
    if (this.#cursors.ofNode.length === 0) return;
    const prove = async (): Promise<void> => {
      if (this.#held !== undefined) return;
      const hashes = await hashesOfWhole(this.bus, this.#cursors.ofNode);
      if (this.#held === undefined) await this.#prove(hashes);
    };
    this.#proving = atIntervals(this.options.proveNodeEveryMs, prove, this.#logger);
  }

  /** What was published while the connection was down is lost to this subscriber: ask where the channels are. */
  #watchConnection(): void {
    this.#unwatch = watchOf(this.bus.connection, this.bus.onError).on('back', () => {
      if (this.#held === undefined) void this.#catchUp(this.#cursors.all, 'refetch');
      else this.#held.lose();
    });
  }
}
