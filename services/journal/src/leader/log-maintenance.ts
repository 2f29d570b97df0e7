import type { Logger } from 'pino';
import type { Repositories } from '../database/repositories';
import type { SnapshotMaker } from '../history/snapshot-maker';
import type { JournalConfig } from '../settings';
import type { ChannelHeads } from '../writer/channel-heads';
import type { Writer } from '../writer/writer';

/** How soon work that failed is tried again. */
const RETRY_MS = 5_000;

/** How soon a partition is tried again that somebody read when it was to leave: appends may wait 50 ms each time. */
const BUSY_MS = 5_000;

/** It is calm while no more events than this are committed in a millisecond: 100 a second. */
const CALM_EVENTS_PER_MS = 0.1;
/** How long a snapshot waits for calm: for so many times the events between two; a start reads the log from there. */
const LONGEST_RUSH = 2;

/** What maintenance must know of the settings. */
export type MaintenanceConfig = Pick<
  JournalConfig,
  | 'snapshotEvery'
  | 'snapshotCalm'
  | 'snapshotsKept'
  | 'partitionSize'
  | 'retentionEvents'
  | 'archiveDir'
  | 'commandsKept'
>;

/** How often answers that are no longer kept leave, and in how many slices at once before other work has its turn. */
const FORGET_EVERY_MS = 60_000;
const FORGET_SLICES = 50;
/** What maintenance works with. */
export interface MaintenanceParts {
  readonly log: Pick<Repositories, 'partitions' | 'snapshots' | 'commands'>;
  readonly config: MaintenanceConfig;
  readonly writer: Pick<Writer, 'state' | 'position'>;
  readonly heads: Pick<ChannelHeads, 'all'>;
  /** Of the term that it is done in: what it writes is fenced by it. */
  readonly epoch: number;
  readonly maker: Pick<SnapshotMaker, 'make'>;
  readonly logger: Logger;
}

/**
 * Housekeeping beside the appends, one thing at a time: room ahead in the log, snapshots, retention. All of it is done
 * elsewhere, by Postgres or by a thread of its own; here it is only begun.
 */
export class LogMaintenance {
  #snapshotAt: number;
  #roomEnd: number;
  #working: Promise<void> | undefined;
  #retryAt = 0;
  #forgetAt = 0;
  /** Set while a snapshot waits for calm. */
  #rush: NodeJS.Timeout | undefined;
  #isCalm = false;
  /** Up to where partitions may leave; undefined when none has to. */
  #keepFrom: number | undefined;
  /** The last one, which may not have left yet. */
  #archived: { readonly name: string; readonly file: string } | undefined;
  readonly #stopped = new AbortController();

  private constructor(
    private readonly parts: MaintenanceParts,
    start: { snapshotAt: number; roomEnd: number },
  ) {
    this.#snapshotAt = start.snapshotAt;
    this.#roomEnd = start.roomEnd;
  }

  /** Makes room for appends first: without it the first one fails. */
  static async start(parts: MaintenanceParts): Promise<LogMaintenance> {
    const { log, config, writer } = parts;
    const size = config.partitionSize;
    const roomEnd = await log.partitions.makeRoom(writer.position, size, size);
    const snapshotAt = (await log.snapshots.newest()) ?? 0;
    return new LogMaintenance(parts, { snapshotAt, roomEnd });
  }

  /** Looks whether something is due; called after commits, costs a comparison when nothing is. */
  look(): void {
    if (this.#working !== undefined || this.#stopped.signal.aborted) return;
    this.#watchForCalm();
    if (!this.#isDue() || performance.now() < this.#retryAt) return;
    this.#working = this.#work()
      .catch((error: unknown) => {
        if (this.#stopped.signal.aborted) return;
        this.#retryAt = performance.now() + RETRY_MS;
        this.parts.logger.error({ err: error }, 'housekeeping failed; trying again later');
      })
      .finally(() => {
        this.#working = undefined;
        this.look();
      });
  }

  /** Ends a snapshot under way and waits for other work; with `snapshot`, takes one of the state as it is. */
  async stop({ snapshot }: { snapshot: boolean }): Promise<void> {
    this.#stopped.abort();
    clearTimeout(this.#rush);
    await this.#working;
    const { log, writer, heads, epoch } = this.parts;
    const { state, position } = writer;
    if (!snapshot || position <= this.#snapshotAt) return;
    await log.snapshots.save({ state, position, channels: heads.all() }, epoch);
  }

  #isDue(): boolean {
    return (
      this.#needsRoom() || this.#needsSnapshot() || this.#keepFrom !== undefined || performance.now() >= this.#forgetAt
    );
  }

  #needsRoom(): boolean {
    const { writer, config } = this.parts;
    return writer.position + config.partitionSize >= this.#roomEnd;
  }

  /** Nobody waits for a snapshot, and it takes time of all processors: it lets a rush pass, but not for ever. */
  #needsSnapshot(): boolean {
    const beyond = this.#eventsBeyondSnapshot();
    return beyond >= (this.#isCalm ? 0 : LONGEST_RUSH * this.parts.config.snapshotEvery);
  }

  /** How many events more there are than a snapshot is for. A large state is not written again for every few changes of it. */
  #eventsBeyondSnapshot(): number {
    const { writer, config } = this.parts;
    return writer.position - this.#snapshotAt - Math.max(config.snapshotEvery, writer.state.size());
  }

  #watchForCalm(): void {
    if (this.#rush !== undefined || this.#isCalm || this.#eventsBeyondSnapshot() < 0) return;
    const { writer, config } = this.parts;
    const { position } = writer;
    this.#rush = setTimeout(() => {
      this.#rush = undefined;
      this.#isCalm = writer.position - position <= CALM_EVENTS_PER_MS * config.snapshotCalm;
      this.look();
    }, config.snapshotCalm);
  }

  async #work(): Promise<void> {
    const { log, config, writer } = this.parts;
    if (this.#needsRoom()) {
      this.#roomEnd = await log.partitions.makeRoom(writer.position, config.partitionSize, config.partitionSize);
    }
    await this.#forget();
    if (this.#needsSnapshot()) await this.#snapshot();
    if (this.#keepFrom !== undefined) await this.#retain(this.#keepFrom);
  }

  async #forget(): Promise<void> {
    if (performance.now() < this.#forgetAt) return;
    let isMore = true;
    const { log, config } = this.parts;
    for (let i = 0; isMore && i < FORGET_SLICES; i++) isMore = await log.commands.forget(config.commandsKept);
    this.#forgetAt = isMore ? 0 : performance.now() + FORGET_EVERY_MS;
  }

  async #snapshot(): Promise<void> {
    const { log, config, epoch, maker, logger } = this.parts;
    const started = performance.now();
    const { outcome, position, objects } = await maker.make(epoch, this.#stopped.signal);
    if (outcome === 'deposed') throw new Error('a newer epoch has begun: the snapshot was left to it');
    this.#snapshotAt = position;
    this.#isCalm = false;
    await log.snapshots.thin(config.snapshotsKept);
    logger.info({ position, objects, ms: Math.round(performance.now() - started) }, 'snapshot taken');
    if (config.retentionEvents > 0) this.#keepFrom = await this.#firstNeeded(position - config.retentionEvents);
  }

  /** All positions from a given one on can be read while a snapshot before it is there, and the events since. */
  async #firstNeeded(kept: number): Promise<number> {
    return ((await this.parts.log.snapshots.newest(kept)) ?? 0) + 1;
  }

  /** Partitions that lie wholly before what is needed are archived and leave. */
  async #retain(keepFrom: number): Promise<void> {
    const { log, config, epoch, logger } = this.parts;
    const { partitions, snapshots } = log;
    if (config.archiveDir === undefined) return;
    for (const partition of await partitions.list()) {
      if (partition.to > keepFrom || this.#stopped.signal.aborted) break;
      if (this.#archived?.name !== partition.name) {
        this.#archived = { name: partition.name, file: await partitions.archive(partition, config.archiveDir, epoch) };
      }
      if ((await partitions.drop(partition)) === 'busy') {
        this.#retryAt = performance.now() + BUSY_MS;
        logger.warn({ partition: partition.name }, 'a partition can not leave while it is read; trying again later');
        return;
      }
      await snapshots.dropBefore(partition.to - 1);
      logger.info(
        { partition: partition.name, file: this.#archived.file },
        'a partition of the log was archived and left',
      );
    }
    this.#keepFrom = undefined;
  }
}
