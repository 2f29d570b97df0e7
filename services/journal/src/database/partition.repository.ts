import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { to as copyTo } from 'pg-copy-streams';
import { DataSource } from 'typeorm';
import { writeArchive } from './archive';
import { EVENT_COLUMN_LIST } from './columns';
import { borrowClient } from './pooled-client';

/** One partition of the log: positions `from` (inclusive) to `to` (exclusive). */
export interface Partition {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** The partitions of the log: made ahead of it, and archived and dropped, whole, behind it. */
@Injectable()
export class PartitionRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Those that exist, oldest first. Their names say their ranges. */
  async list(): Promise<Partition[]> {
    const rows = await this.dataSource.query<{ name: string }[]>(
      `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'events'::regclass`,
    );
    return rows
      .map(({ name }) => partitionOfName(name))
      .filter((partition) => partition !== undefined)
      .sort((a, b) => a.from - b.from);
  }

  /** The first position whose event is in the database; states before it can't be folded, except from a snapshot. */
  async firstKept(): Promise<number> {
    const [first] = await this.list();
    return Math.max(1, first?.from ?? 1);
  }

  /** Makes partitions of `size` until there is room for `ahead` events after `position`; returns where the room ends. */
  async makeRoom(position: number, size: number, ahead: number): Promise<number> {
    let end = (await this.list()).at(-1)?.to ?? 0;
    while (end <= position + ahead) {
      const to = end + size;
      await this.dataSource.query('select make_partition($1, $2)', [end, to]);
      end = to;
    }
    return end;
  }

  /**
   * Writes a partition to `<directory>/<name>.tsv.gz` in COPY's text format, columns as in columns.ts, so that `COPY
   * events (…) FROM` reads it back. When this resolves, the file is on the disk. Returns its path; throws when the
   * partition lacks events.
   * @param epoch of the journal that archives
   */
  async archive({ name, from, to }: Partition, directory: string, epoch: number): Promise<string> {
    const path = join(directory, `${name}.tsv.gz`);
    const { client, giveBack } = await borrowClient(this.dataSource);
    let how: 'finished' | 'unfinished' = 'unfinished';
    try {
      const range = `position >= ${String(from)} and position < ${String(to)}`;
      const select = `select ${EVENT_COLUMN_LIST} from events where ${range} order by position`;
      const rows = client.query(copyTo(`copy (${select}) to stdout`));
      const expected = to - Math.max(from, FIRST_POSITION);
      await writeArchive(path, epoch, rows, () => {
        if (rows.rowCount !== expected) throw new Error(`${name} has ${rows.rowCount} events of ${expected}`);
      });
      how = 'finished';
    } finally {
      await giveBack(how);
    }
    return path;
  }

  /**
   * Takes the oldest partition out of the log, for good. `busy` when somebody reads it or the log: then nothing happened,
   * but that appends may have waited for 50 ms.
   */
  async drop({ name }: Partition): Promise<'dropped' | 'busy'> {
    try {
      await this.dataSource.query('select drop_partition($1)', [name]);
      return 'dropped';
    } catch (error) {
      if ((error as { code?: string }).code === LOCK_NOT_AVAILABLE) return 'busy';
      throw error;
    }
  }
}

const FIRST_POSITION = 1;
const LOCK_NOT_AVAILABLE = '55P03';

function partitionOfName(name: string): Partition | undefined {
  const match = /^events_(\d+)_(\d+)$/.exec(name);
  return match === null ? undefined : { name, from: Number(match[1]), to: Number(match[2]) };
}
