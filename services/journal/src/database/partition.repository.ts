import { createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { Injectable } from '@nestjs/common';
import { to as copyTo } from 'pg-copy-streams';
import { DataSource } from 'typeorm';
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
   * events (…) FROM` reads it back. The file has its name once it is complete and on the disk, and only its owner
   * reads it: events hold Secrets. Returns its path.
   */
  async archive({ name, from, to }: Partition, directory: string): Promise<string> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const path = join(directory, `${name}.tsv.gz`);
    const partial = `${path}.partial`;
    // What a journal did not live to finish may be there, with rights of its own.
    await rm(partial, { force: true });
    const { client, giveBack } = await borrowClient(this.dataSource);
    let how: 'finished' | 'unfinished' = 'unfinished';
    try {
      const range = `position >= ${String(from)} and position < ${String(to)}`;
      const select = `select ${EVENT_COLUMN_LIST} from events where ${range} order by position`;
      const rows = client.query(copyTo(`copy (${select}) to stdout`));
      await pipeline(rows, createGzip(), createWriteStream(partial, { mode: 0o600 }));
      how = 'finished';
    } finally {
      await giveBack(how);
    }
    const file = await open(partial, 'r');
    await file.sync();
    await file.close();
    await rename(partial, path);
    return path;
  }

  /** Takes the oldest partition out of the log, for good, with the commands that it answers. */
  async drop({ name }: Partition): Promise<void> {
    await this.dataSource.query('select drop_partition($1)', [name]);
  }
}

function partitionOfName(name: string): Partition | undefined {
  const match = /^events_(\d+)_(\d+)$/.exec(name);
  return match === null ? undefined : { name, from: Number(match[1]), to: Number(match[2]) };
}
