import type { Client } from 'pg';

/** One partition of the log: positions `from` (inclusive) to `to` (exclusive). */
export interface Partition {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** The partitions that exist, oldest first. Their names say their ranges. */
export async function listPartitions(client: Client): Promise<Partition[]> {
  const { rows } = await client.query<{ name: string }>(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'events'::regclass`,
  );
  return rows
    .map(({ name }) => partitionOfName(name))
    .filter((partition) => partition !== undefined)
    .sort((a, b) => a.from - b.from);
}

/** Makes partitions until there is room for `ahead` events after `position`; returns where the room ends. */
export async function ensurePartitions(client: Client, position: number, size: number, ahead: number): Promise<number> {
  let end = (await listPartitions(client)).at(-1)?.to ?? 0;
  while (end <= position + ahead) {
    const to = end + size;
    await client.query(
      `create table ${nameOf(end, to)} partition of events for values from (${String(end)}) to (${String(to)})`,
    );
    end = to;
  }
  return end;
}

/** Takes a partition out of the log, for good. */
export async function dropPartition(client: Client, { name, to }: Partition): Promise<void> {
  await client.query('begin');
  try {
    await client.query(`alter table events detach partition ${name}`);
    await client.query(`drop table ${name}`);
    await client.query('delete from commands where first < $1', [to]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}

function nameOf(from: number, to: number): string {
  return `events_${from}_${to}`;
}

function partitionOfName(name: string): Partition | undefined {
  const match = /^events_(\d+)_(\d+)$/.exec(name);
  return match === null ? undefined : { name, from: Number(match[1]), to: Number(match[2]) };
}
