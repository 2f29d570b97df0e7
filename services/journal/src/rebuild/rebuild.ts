import { ClusterState, hashCluster } from '@shiplog/cluster';
import type { Client } from 'pg';
import { readLog } from '../database/read-log';
import { loadSnapshot } from '../database/snapshots';
import { firstKept } from '../history/past';

/** A state that is being folded from the log, and what it took so far. */
export interface Rebuilding {
  readonly state: ClusterState;
  /** Where the fold began: 0, or a snapshot's position when what was before it has left the database. */
  readonly from: number;
  position: number;
  /** Reading and folding only. */
  milliseconds: number;
}

/** The empty state before the first event; with retention, the oldest snapshot that the log still leads on from. */
export async function beginRebuild(client: Client): Promise<Rebuilding> {
  const first = await firstKept(client);
  if (first === 1) return { state: new ClusterState(), from: 0, position: 0, milliseconds: 0 };
  const { rows } = await client.query<{ position: string | null }>(
    'select min(position) as position from snapshots where position >= $1',
    [first - 1],
  );
  const at = rows[0]?.position ?? null;
  const snapshot = at === null ? undefined : await loadSnapshot(client, Number(at));
  if (snapshot === undefined) throw new Error(`the log begins at ${first}, and no snapshot leads on from there`);
  return { state: snapshot.state, from: snapshot.position, position: snapshot.position, milliseconds: 0 };
}

/** Folds on to a position (default: the end of the log). */
export async function rebuildTo(
  client: Client,
  rebuilding: Rebuilding,
  upTo: number | undefined,
  onProgress: (rebuilding: Rebuilding) => void,
): Promise<void> {
  const started = performance.now();
  const before = rebuilding.milliseconds;
  for await (const events of readLog(client, rebuilding.position, upTo)) {
    for (const event of events) rebuilding.state.apply(event);
    rebuilding.position = events.at(-1)?.position ?? rebuilding.position;
    rebuilding.milliseconds = before + performance.now() - started;
    onProgress(rebuilding);
  }
  rebuilding.milliseconds = before + performance.now() - started;
}

/** What a rebuilt state is compared with. */
export type Comparison =
  | { readonly kind: 'equal' | 'different'; readonly with: string; readonly position: number; readonly theirs: string }
  | { readonly kind: 'nothing-to-compare-with' };

/** With the newest snapshot's hash, taken on the way to it: folds up to there. */
export async function compareWithSnapshot(
  client: Client,
  rebuilding: Rebuilding,
  onProgress: (rebuilding: Rebuilding) => void,
): Promise<Comparison> {
  const { rows } = await client.query<{ position: string; hash: string }>(
    'select position, hash from snapshots where position >= $1 order by position desc limit 1',
    [rebuilding.position],
  );
  const snapshot = rows[0];
  if (snapshot === undefined) return { kind: 'nothing-to-compare-with' };
  const position = Number(snapshot.position);
  await rebuildTo(client, rebuilding, position, onProgress);
  const kind = hashCluster(rebuilding.state) === snapshot.hash ? 'equal' : 'different';
  return { kind, with: 'the snapshot', position, theirs: snapshot.hash };
}
