import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { constants, gunzip, gzip } from 'node:zlib';
import { hashObjects, type ClusterState } from '@shiplog/cluster';
import { type ResourceId, type StoredObject } from '@shiplog/contracts';

const compress = promisify(gzip);
const expand = promisify(gunzip);

/**
 * How the parts are written, and the fold that their objects come from. A change of either (another stored shape of a
 * kind, another rule of folding) must raise it: a state that mixes two is none that the log ever had. Snapshots of other
 * formats are passed over, and the log is folded instead.
 */
export const SNAPSHOT_FORMAT = 1;

/** Text of one part before compression, in characters: about a millisecond of work. */
const PART_LENGTH = 256 * 1024;

/**
 * A state as gzipped lines of `[resource, object]`, in parts of bounded length, a turn of the event loop between two. The objects are
 * hashed on the way: the hash of the whole is a sum then.
 */
export async function* partsOfState(state: ClusterState): AsyncGenerator<Buffer> {
  for (const text of textsOf(state)) {
    yield await compress(text, { level: constants.Z_BEST_SPEED });
    await turn();
  }
}

/** The objects of one part. */
export async function objectsOfPart(data: Buffer): Promise<[ResourceId, StoredObject][]> {
  const lines = (await expand(data)).toString('utf8').split('\n');
  return lines.map((line) => JSON.parse(line) as [ResourceId, StoredObject]);
}

function* textsOf(state: ClusterState): Generator<string> {
  let lines: string[] = [];
  let length = 0;
  for (const resource of state.resources()) {
    for (const object of state.values(resource)) {
      const line = JSON.stringify([resource, object]);
      hashObjects([object]);
      lines.push(line);
      length += line.length;
      if (length < PART_LENGTH) continue;
      yield lines.join('\n');
      lines = [];
      length = 0;
    }
  }
  if (lines.length > 0) yield lines.join('\n');
}
