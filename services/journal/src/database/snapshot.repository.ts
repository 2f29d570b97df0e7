import { Injectable } from '@nestjs/common';
import { hashCluster, ClusterState } from '@shiplog/cluster';
import { DataSource, LessThan, LessThanOrEqual, MoreThanOrEqual, type Repository } from 'typeorm';
import { SnapshotPartRow, SnapshotRow } from './entities';
import { objectsOfPart, partsOfState } from './snapshot-parts';

/** A state of the cluster, with what the next event of each channel has to name as its predecessor. */
export interface StateAt {
  readonly state: ClusterState;
  readonly position: number;
  readonly channels: Readonly<Record<string, number>>;
}

/** Snapshots of the state; what has no row in `snapshots` does not count, and is cleared away by the next one. */
@Injectable()
export class SnapshotRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** The newest one at or before a position (default: of all); undefined when there is none. */
  async load(atMost = Number.MAX_SAFE_INTEGER): Promise<StateAt | undefined> {
    const where = { position: LessThanOrEqual(atMost) };
    const [row] = await this.#rows.find({ where, order: { position: 'DESC' }, take: 1 });
    if (row === undefined) return undefined;
    const { position, channels } = row;
    const state = new ClusterState();
    for (let seq = 0; seq < row.parts; seq++) {
      const part = await this.#parts.findOneBy({ position, seq });
      if (part === null) throw new Error(`snapshot ${position} lacks its part ${seq}`);
      for (const [resource, object] of await objectsOfPart(part.data)) state.put(resource, object);
    }
    return { state, position, channels };
  }

  /**
   * Writes a snapshot, object by object, in slices between which other work goes on; its row comes last and makes it
   * count. The state must not change meanwhile: give a copy.
   */
  async save({ state, position, channels }: StateAt): Promise<void> {
    await this.#dropOrphans();
    let seq = 0;
    for await (const data of partsOfState(state)) await this.#parts.insert({ position, seq: seq++, data });
    await this.#rows.insert({ position, objects: state.size(), parts: seq, hash: hashCluster(state), channels });
  }

  /** The position of the newest one at or before a position (default: of all); undefined when there is none. */
  async newest(atMost = Number.MAX_SAFE_INTEGER): Promise<number | undefined> {
    return (await this.#rows.maximum('position', { position: LessThanOrEqual(atMost) })) ?? undefined;
  }

  /** The position of the oldest one at or after a position; undefined when there is none. */
  async oldest(atLeast: number): Promise<number | undefined> {
    return (await this.#rows.minimum('position', { position: MoreThanOrEqual(atLeast) })) ?? undefined;
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
    const rows = await this.#rows.find({ select: { position: true }, order: { position: 'ASC' } });
    const positions = rows.map(({ position }) => position);
    while (positions.length > Math.max(2, keep)) {
      const [position] = positions.splice(leastMissed(positions), 1);
      await this.#rows.delete({ position });
      await this.#parts.delete({ position });
    }
  }

  /** Drops those that the log no longer leads on from. */
  async dropBefore(position: number): Promise<void> {
    await this.#rows.delete({ position: LessThan(position) });
    await this.#parts.delete({ position: LessThan(position) });
  }

  /** Parts of a snapshot that a journal did not live to finish. */
  async #dropOrphans(): Promise<void> {
    await this.#parts
      .createQueryBuilder()
      .delete()
      .where('not exists (select from snapshots s where s.position = snapshot_parts.position)')
      .execute();
  }

  get #rows(): Repository<SnapshotRow> {
    return this.dataSource.getRepository(SnapshotRow);
  }

  get #parts(): Repository<SnapshotPartRow> {
    return this.dataSource.getRepository(SnapshotPartRow);
  }
}

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
