import { promisify } from 'node:util';
import { constants, gunzip, gzip } from 'node:zlib';
import { setImmediate as turn } from 'node:timers/promises';
import { hashCluster, ClusterState } from '@shiplog/cluster';
import { RESOURCES, type ResourceId, type StoredObject } from '@shiplog/contracts';
import type { Client } from 'pg';

const compress = promisify(gzip);
const expand = promisify(gunzip);

/** Text of one part before compression, in characters: about a millisecond of work. */
const PART_LENGTH = 256 * 1024;

/** A state of the cluster, with what the next event of each channel has to name as its predecessor. */
export interface StateAt {
  readonly state: ClusterState;
  readonly position: number;
  readonly channels: Readonly<Record<string, number>>;
}

/** The newest snapshot at or before a position (default: of all); undefined when there is none. */
export async function loadSnapshot(client: Client, atMost = Number.MAX_SAFE_INTEGER): Promise<StateAt | undefined> {
  const { rows } = await client.query<{ position: string; parts: number; channels: Record<string, number> }>(
    'select position, parts, channels from snapshots where position <= $1 order by position desc limit 1',
    [atMost],
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  const state = new ClusterState();
  for (let seq = 0; seq < row.parts; seq++) {
    const part = await client.query<{ data: Buffer }>(
      'select data from snapshot_parts where position = $1 and seq = $2',
      [row.position, seq],
    );
    if (part.rows[0] === undefined) throw new Error(`snapshot ${row.position} lacks its part ${seq}`);
    for (const line of (await expand(part.rows[0].data)).toString('utf8').split('\n')) {
      const [resource, object] = JSON.parse(line) as [ResourceId, StoredObject];
      state.put(resource, object);
    }
  }
  return { state, position: Number(row.position), channels: row.channels };
}

/**
 * Writes a snapshot, object by object, in slices between which other work goes on; its row comes last and makes it
 * count. The state must not change meanwhile: give a copy.
 */
export async function saveSnapshot(client: Client, { state, position, channels }: StateAt): Promise<void> {
  await client.query(
    'delete from snapshot_parts p where not exists (select from snapshots s where s.position = p.position)',
  );
  let parts = 0;
  for await (const text of partsOf(state)) {
    const data = await compress(text, { level: constants.Z_BEST_SPEED });
    await client.query('insert into snapshot_parts (position, seq, data) values ($1, $2, $3)', [position, parts, data]);
    parts++;
  }
  await client.query('insert into snapshots (position, objects, parts, hash, channels) values ($1, $2, $3, $4, $5)', [
    position,
    state.size(),
    parts,
    hashCluster(state),
    JSON.stringify(channels),
  ]);
}

/** Lines of `[resource, object]` in texts of bounded length. */
async function* partsOf(state: ClusterState): AsyncGenerator<string> {
  let lines: string[] = [];
  let length = 0;
  for (const { id } of RESOURCES) {
    for (const object of state.values(id)) {
      const line = JSON.stringify([id, object]);
      lines.push(line);
      length += line.length;
      if (length < PART_LENGTH) continue;
      yield lines.join('\n');
      await turn();
      lines = [];
      length = 0;
    }
  }
  if (lines.length > 0) yield lines.join('\n');
}

/**
 * Keeps at most `keep` snapshots: the newest always, and the oldest; of the others, the one goes whose neighbours are
 * closest, so that what stays is spread over the log.
 */
export async function thinSnapshots(client: Client, keep: number): Promise<void> {
  const { rows } = await client.query<{ position: string }>('select position from snapshots order by position');
  const positions = rows.map((row) => Number(row.position));
  while (positions.length > Math.max(2, keep)) {
    const [gone] = positions.splice(leastMissed(positions), 1);
    await client.query('delete from snapshots where position = $1', [gone]);
    await client.query('delete from snapshot_parts where position = $1', [gone]);
  }
}

/** Drops the snapshots that the log no longer leads on from. */
export async function dropSnapshotsBefore(client: Client, position: number): Promise<void> {
  await client.query('delete from snapshots where position < $1', [position]);
  await client.query('delete from snapshot_parts where position < $1', [position]);
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
