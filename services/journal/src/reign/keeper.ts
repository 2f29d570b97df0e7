import type { Client } from 'pg';
import type { Logger } from 'pino';
import { archivePartition } from '../database/archive';
import { connectClient } from '../database/client';
import { dropPartition, ensurePartitions, listPartitions } from '../database/partitions';
import { dropSnapshotsBefore, saveSnapshot, thinSnapshots } from '../database/snapshots';
import type { JournalConfig } from '../settings';
import type { Heads } from '../writer/heads';
import type { Writer } from '../writer/writer';

/** How soon work that failed is tried again. */
const RETRY_MS = 5_000;

/** What the keeper must know of the settings. */
export type KeeperConfig = Pick<
  JournalConfig,
  'databaseUrl' | 'snapshotEvery' | 'snapshotsKept' | 'partitionSize' | 'retentionEvents' | 'archiveDir'
>;

/** Housekeeping beside the appends, one thing at a time: room ahead in the log, snapshots, retention. */
export class Keeper {
  #snapshotAt: number;
  #roomEnd: number;
  #working: Promise<void> | undefined;
  #retryAt = 0;
  #stopped = false;

  private constructor(
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
    client: Client,
    config: KeeperConfig,
    writer: Pick<Writer, 'state' | 'position'>,
    heads: Heads,
    logger: Logger,
  ): Promise<Keeper> {
    const size = config.partitionSize;
    const roomEnd = await ensurePartitions(client, writer.position, size, size);
    const snapshotAt = (await newestSnapshot(client)) ?? 0;
    return new Keeper(config, writer, heads, logger, { snapshotAt, roomEnd });
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
    if (snapshot && this.writer.position > this.#snapshotAt) await this.#withClient((client) => this.#snapshot(client));
  }

  #isDue(): boolean {
    return this.#needsRoom() || this.#needsSnapshot();
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
    await this.#withClient(async (client) => {
      const { partitionSize } = this.config;
      if (this.#needsRoom()) {
        this.#roomEnd = await ensurePartitions(client, this.writer.position, partitionSize, partitionSize);
      }
      if (!this.#needsSnapshot()) return;
      await this.#snapshot(client);
      await this.#retain(client);
    });
  }

  async #snapshot(client: Client): Promise<void> {
    const started = performance.now();
    const { position } = this.writer;
    const state = this.writer.state.copy();
    await saveSnapshot(client, { state, position, channels: this.heads.all() });
    this.#snapshotAt = position;
    await thinSnapshots(client, this.config.snapshotsKept);
    this.logger.info(
      { position, objects: state.size(), ms: Math.round(performance.now() - started) },
      'snapshot taken',
    );
  }

  /** Partitions that lie wholly before what is kept, and before the newest snapshot, are archived and leave. */
  async #retain(client: Client): Promise<void> {
    const { retentionEvents, archiveDir } = this.config;
    if (retentionEvents === 0 || archiveDir === undefined) return;
    const keepFrom = Math.min(this.writer.position - retentionEvents, this.#snapshotAt);
    for (const partition of await listPartitions(client)) {
      if (partition.to > keepFrom) break;
      const file = await archivePartition(client, partition, archiveDir);
      await dropPartition(client, partition);
      await dropSnapshotsBefore(client, partition.to - 1);
      this.logger.info({ partition: partition.name, file }, 'a partition of the log was archived and left');
    }
  }

  async #withClient(work: (client: Client) => Promise<void>): Promise<void> {
    const client = await connectClient(this.config.databaseUrl, 'keeper', (error) =>
      this.logger.warn({ err: error }, 'the connection for housekeeping broke'),
    );
    try {
      await work(client);
    } finally {
      await client.end();
    }
  }
}

async function newestSnapshot(client: Client): Promise<number | undefined> {
  const { rows } = await client.query<{ position: string | null }>('select max(position) as position from snapshots');
  const position = rows[0]?.position;
  return position === null || position === undefined ? undefined : Number(position);
}
