import { ClusterState, hashCluster } from '@shiplog/cluster';
import type { Repositories } from '../database/repositories';
import { Folding } from '../history/folding';

/** What a rebuild reads; it writes nothing. */
export type RebuildSources = Pick<Repositories, 'events' | 'snapshots' | 'partitions'>;

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
export async function beginRebuild({ partitions, snapshots }: RebuildSources): Promise<Rebuilding> {
  const first = await partitions.firstKept();
  if (first === 1) return { state: new ClusterState(), from: 0, position: 0, milliseconds: 0 };
  for (let at = await snapshots.oldest(first - 1); at !== undefined; at = await snapshots.oldest(at + 1)) {
    const snapshot = await snapshots.load(at);
    if (snapshot === undefined || snapshot.position < at) continue;
    return { state: snapshot.state, from: at, position: at, milliseconds: 0 };
  }
  throw new Error(`the log begins at ${first}, and no snapshot leads on from there`);
}

/** Folds on to a position (default: the end of the log). */
export async function rebuildTo(
  sources: RebuildSources,
  rebuilding: Rebuilding,
  upTo: number | undefined,
  onProgress: (rebuilding: Rebuilding) => void,
): Promise<void> {
  const started = performance.now();
  const before = rebuilding.milliseconds;
  const { state, position } = rebuilding;
  const folding = new Folding({ state, position, channels: {} });
  for await (const events of sources.events.read(position, upTo)) {
    await folding.take(events);
    rebuilding.position = events.at(-1)?.position ?? rebuilding.position;
    rebuilding.milliseconds = before + performance.now() - started;
    onProgress(rebuilding);
  }
  await folding.fold();
  rebuilding.milliseconds = before + performance.now() - started;
}

/** What a rebuilt state is compared with. */
export type Comparison =
  | { readonly kind: 'equal' | 'different'; readonly with: string; readonly position: number; readonly theirs: string }
  | { readonly kind: 'nothing-to-compare-with' };

/** With the newest snapshot's hash, taken on the way to it: folds up to there. */
export async function compareWithSnapshot(
  sources: RebuildSources,
  rebuilding: Rebuilding,
  onProgress: (rebuilding: Rebuilding) => void,
): Promise<Comparison> {
  const position = await sources.snapshots.newest();
  const theirs = position === undefined ? undefined : await sources.snapshots.hashAt(position);
  if (position === undefined || theirs === undefined || position < rebuilding.position) {
    return { kind: 'nothing-to-compare-with' };
  }
  await rebuildTo(sources, rebuilding, position, onProgress);
  const kind = hashCluster(rebuilding.state) === theirs ? 'equal' : 'different';
  return { kind, with: 'the snapshot', position, theirs };
}
