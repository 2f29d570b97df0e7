import { createWriteStream } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { EVENT_COLUMN_LIST } from './columns';
import type { Partition } from './partitions';

/**
 * Writes a partition to `<directory>/<name>.tsv.gz` in COPY's text format, columns as in columns.ts, so that `COPY events
 * FROM` reads it back. The file has its name once it is complete and on the disk. Returns its path.
 */
export async function archivePartition(client: Client, { name }: Partition, directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, `${name}.tsv.gz`);
  const partial = `${path}.partial`;
  const rows = client.query(copyTo(`copy (select ${EVENT_COLUMN_LIST} from ${name} order by position) to stdout`));
  await pipeline(rows, createGzip(), createWriteStream(partial));
  const file = await open(partial, 'r');
  await file.sync();
  await file.close();
  await rename(partial, path);
  return path;
}
