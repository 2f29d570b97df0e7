import type { Logger } from 'pino';
import type { Repositories } from '../database/repositories';
import type { JournalConfig } from '../settings';
import type { Heads } from '../writer/heads';
import type { Writer } from '../writer/writer';

/** How soon work that failed is tried again. */
const RETRY_MS = 5_000;

/** What the keeper must know of the settings. */
export type KeeperConfig = Pick<
  JournalConfig,
  'snapshotEvery' | 'snapshotsKept' | 'partitionSize' | 'retentionEvents' | 'archiveDir' | 'commandsKept'
>;

type Stored = Pick<Repositories, 'partitions' | 'snapshots' | 'commands'>;

/** How often answers that are no longer kept leave, and in how many slices at once before other work has its turn. */
const FORGET_EVERY_MS = 60_000;
const FORGET_SLICES = 50;

/** Housekeeping beside the appends, one thing at a time: room ahead in the log, snapshots, retention. */
export class Keeper {
  #snapshotAt: number;
  #roomEnd: number;
  #working: Promise<void> | undefined;
  #retryAt = 0;
  #forgetAt = 0;
  #stopped = false;

  private constructor(
    private readonly log: Stored,
    private readonly config: KeeperConfig,
    private readonly writer: Pick<Writer, 'state' | 'position'>,
    private readonly heads: Heads,
    private readonly logger: Logger,
    start: { snapshotAt: number; roomEnd: number },
  ) {
    this.#snapshotAt = start.snapshotAt;
    this.#roomEnd = start.roomEnd;
  }

  /** Makes room for appends first: without it the first one fails. */
  static async start(
    log: Stored,
    config: KeeperConfig,
    writer: Pick<Writer, 'state' | 'position'>,
    heads: Heads,
    logger: Logger,
  ): Promise<Keeper> {
    const size = config.partitionSize;
    const roomEnd = await log.partitions.makeRoom(writer.position, size, size);
    const snapshotAt = (await log.snapshots.newest()) ?? 0;
    return new Keeper(log, config, writer, heads, logger, { snapshotAt, roomEnd });
  }

  /** Looks whether something is due; called after commits, costs a comparison when nothing is. */
  look(): void {
    if (this.#working !== undefined || this.#stopped || !this.#isDue() || performance.now() < this.#retryAt) return;
    this.#working = this.#work()
      .catch((error: unknown) => {
        this.#retryAt = performance.now() + RETRY_MS;
        this.logger.error({ err: error }, 'housekeeping failed; trying again later');
      })
      .finally(() => {
        this.#working = undefined;
        this.look();
      });
  }

  /** Waits for work under way; with `snapshot`, takes one of the state as it is. */
  async stop({ snapshot }: { snapshot: boolean }): Promise<void> {
    this.#stopped = true;
    await this.#working;
    if (snapshot && this.writer.position > this.#snapshotAt) await this.#snapshot();
  }

  #isDue(): boolean {
    return this.#needsRoom() || this.#needsSnapshot() || performance.now() >= this.#forgetAt;
  }

  #needsRoom(): boolean {
    return this.writer.position + this.config.partitionSize >= this.#roomEnd;
  }

  /** A large state is not written again for every few changes of it. */
  #needsSnapshot(): boolean {
    const since = this.writer.position - this.#snapshotAt;
    return since >= this.config.snapshotEvery && since >= this.writer.state.size();
  }

  async #work(): Promise<void> {
    const { partitionSize } = this.config;
    if (this.#needsRoom()) {
      this.#roomEnd = await this.log.partitions.makeRoom(this.writer.position, partitionSize, partitionSize);
    }
    await this.#forget();
    if (!this.#needsSnapshot()) return;
    await this.#snapshot();
    await this.#retain();
  }

  async #forget(): Promise<void> {
    if (performance.now() < this.#forgetAt) return;
    let isMore = true;
    for (let i = 0; isMore && i < FORGET_SLICES; i++) isMore = await this.log.commands.forget(this.config.commandsKept);
    this.#forgetAt = isMore ? 0 : performance.now() + FORGET_EVERY_MS;
  }

  async #snapshot(): Promise<void> {
    const started = performance.now();
    const { position } = this.writer;
    const state = this.writer.state.copy();
    await this.log.snapshots.save({ state, position, channels: this.heads.all() });
    this.#snapshotAt = position;
    await this.log.snapshots.thin(this.config.snapshotsKept);
    this.logger.info(
      { position, objects: state.size(), ms: Math.round(performance.now() - started) },
      'snapshot taken',
    );
  }

  /** Partitions that lie wholly before what is kept, and before the newest snapshot, are archived and leave. */
  async #retain(): Promise<void> {
    const { retentionEvents, archiveDir } = this.config;
    if (retentionEvents === 0 || archiveDir === undefined) return;
    const keepFrom = Math.min(this.writer.position - retentionEvents, this.#snapshotAt);
    const { partitions, snapshots } = this.log;
    for (const partition of await partitions.list()) {
      if (partition.to > keepFrom) break;
      const file = await partitions.archive(partition, archiveDir);
      await partitions.drop(partition);
      await snapshots.dropBefore(partition.to - 1);
      this.logger.info({ partition: partition.name, file }, 'a partition of the log was archived and left');
    }
  }
}
