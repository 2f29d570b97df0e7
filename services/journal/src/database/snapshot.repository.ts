import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { hashCluster, hashObjects, ClusterState } from '@shiplog/cluster';
import type { Logger } from 'pino';
import {
  DataSource,
  In,
  LessThan,
  LessThanOrEqual,
  MoreThanOrEqual,
  type EntityManager,
  type Repository,
} from 'typeorm';
import { SnapshotPartRow, SnapshotRow } from './entities';
import { objectsOfPart, partsOfState, SNAPSHOT_FORMAT } from './snapshot-parts';

/** A state of the cluster, with what the next event of each channel has to name as its predecessor. */
export interface StateAt {
  readonly state: ClusterState;
  readonly position: number;
  readonly channels: Readonly<Record<string, number>>;
}

/**
 * Snapshots of the state: whole, and what they say that they are, or passed over. Known to no module: each time, the
 * program that makes one loads this anew, and a service's library would be half of that.
 */
export class SnapshotRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly logger?: Pick<Logger, 'warn'>,
  ) {}

  /**
   * The newest good one at or before a position (default: of all); undefined when there is none. One that is broken,
   * partial or of another format is passed over for the one before, with a warning that names it.
   */
  async load(atMost = Number.MAX_SAFE_INTEGER): Promise<StateAt | undefined> {
    const where = { position: LessThanOrEqual(atMost) };
    for (const { id, position } of await this.#rows.find({ where, order: { position: 'DESC', epoch: 'DESC' } })) {
      try {
        const loaded = await this.#load(id);
        if (loaded !== undefined) return loaded;
      } catch (error) {
        if (!(error instanceof UnusableSnapshot)) throw error;
        this.logger?.warn({ snapshot: id, position, reason: error.message }, 'a snapshot is passed over');
      }
    }
    return undefined;
  }

  /**
   * Writes a snapshot, object by object, in slices between which other work goes on: all of it, or nothing when a newer
   * epoch has begun. The state must not change meanwhile.
   */
  async save(at: StateAt, epoch: number): Promise<'saved' | 'deposed'> {
    try {
      await this.dataSource.transaction((transaction) => write(transaction, at, epoch));
      return 'saved';
    } catch (error) {
      if (error instanceof Deposed) return 'deposed';
      throw error;
    }
  }

  /** The position of the newest readable one at or before a position (default: of all); undefined when there is none. */
  async newest(atMost = Number.MAX_SAFE_INTEGER): Promise<number | undefined> {
    const where = { position: LessThanOrEqual(atMost), format: SNAPSHOT_FORMAT };
    return (await this.#rows.maximum('position', where)) ?? undefined;
  }

  /** The position of the oldest readable one at or after a position; undefined when there is none. */
  async oldest(atLeast: number): Promise<number | undefined> {
    const where = { position: MoreThanOrEqual(atLeast), format: SNAPSHOT_FORMAT };
    return (await this.#rows.minimum('position', where)) ?? undefined;
  }

  /** What the state of the snapshot at a position hashed to; undefined when there is no snapshot. */
  async hashAt(position: number): Promise<string | undefined> {
    return (await this.#rows.findOneBy({ position }))?.hash;
  }

  /**
   * Keeps at most `keep` snapshots: the newest always, and the oldest; of the others, the one goes whose neighbours are
   * closest, so that what stays is spread over the log.
   */
  async thin(keep: number): Promise<void> {
    const select = { id: true, position: true } as const;
    const rows = await this.#rows.find({ select, order: { position: 'ASC', epoch: 'ASC' } });
    const leaving: string[] = [];
    while (rows.length > Math.max(2, keep)) {
      const positions = rows.map(({ position }) => position);
      leaving.push(...rows.splice(leastMissed(positions), 1).map(({ id }) => id));
    }
    if (leaving.length > 0) await this.#rows.delete({ id: In(leaving) });
  }

  /** Drops those that the log no longer leads on from. */
  async dropBefore(position: number): Promise<void> {
    await this.#rows.delete({ position: LessThan(position) });
  }

  /** All of it is read as of one moment: whoever drops it meanwhile takes nothing from under the reader. */
  #load(id: string): Promise<StateAt | undefined> {
    return this.dataSource.transaction('REPEATABLE READ', async (transaction) => {
      const row = await transaction.findOneBy(SnapshotRow, { id });
      return row === null ? undefined : read(transaction, row);
    });
  }

  get #rows(): Repository<SnapshotRow> {
    return this.dataSource.getRepository(SnapshotRow);
  }
}

/** Objects are hashed as they come, so that no part of this takes long in one go. */
async function read(transaction: EntityManager, row: SnapshotRow): Promise<StateAt> {
  const { id, position, channels, format, parts } = row;
  if (format !== SNAPSHOT_FORMAT) throw new UnusableSnapshot(`its format is ${format}, not ${SNAPSHOT_FORMAT}`);
  const state = new ClusterState();
  for (let seq = 0; seq < parts; seq++) {
    const part = await transaction.findOneBy(SnapshotPartRow, { snapshot: id, seq });
    if (part === null) throw new UnusableSnapshot(`it lacks part ${seq} of ${parts}`);
    const objects = await objectsOfPart(part.data).catch((error: Error) => {
      throw new UnusableSnapshot(`its part ${seq} can't be read: ${error.message}`);
    });
    hashObjects(objects.map(([, object]) => object));
    for (const [resource, object] of objects) state.put(resource, object);
    await turn();
  }
  const hash = hashCluster(state);
  if (hash !== row.hash) throw new UnusableSnapshot(`it hashes to ${hash}, not to ${row.hash}`);
  return { state, position, channels };
}

/** The row comes last, with the fence: the lease's row is locked for a moment only, and its holder can renew it. */
async function write(transaction: EntityManager, { state, position, channels }: StateAt, epoch: number): Promise<void> {
  const snapshot = randomUUID();
  let parts = 0;
  for await (const data of partsOfState(state))
    await transaction.insert(SnapshotPartRow, { snapshot, seq: parts++, data });
  const values = [snapshot, position, SNAPSHOT_FORMAT, state.size(), parts, hashCluster(state), channels, epoch];
  const written = await transaction.query<unknown[]>(FENCED_ROW, values);
  if (written.length === 0) throw new Deposed();
}

const FENCED_ROW = `
with fence as materialized (select epoch from lease where epoch = $8 for share)
insert into snapshots (id, position, format, objects, parts, hash, channels, epoch)
select $1, $2::bigint, $3::smallint, $4::integer, $5::integer, $6, $7::json, epoch from fence
returning id`;

/** Rolls a snapshot back that a newer epoch does not want. */
class Deposed extends Error {}

/** This snapshot can't be used; the one before may do. */
class UnusableSnapshot extends Error {}

/** Index of the snapshot without which the largest gap grows least. */
export function leastMissed(positions: readonly number[]): number {
  let best = 1;
  let smallest = Number.POSITIVE_INFINITY;
  for (let i = 1; i < positions.length - 1; i++) {
    const gap = (positions[i + 1] as number) - (positions[i - 1] as number);
    if (gap < smallest) {
      smallest = gap;
      best = i;
    }
  }
  return best;
}
