import type { Bus } from '@shiplog/bus';
import { combineHashes, differing, hashesOf } from '@shiplog/cluster';
import { PositionQuery } from '@shiplog/contracts';
import { rebuildTo, type Comparison, type Rebuilding, type RebuildSources } from './rebuild';

/** Questions to the live journal until one is answered at a position that can be folded to. */
const ATTEMPTS = 20;

/** Compares with the live journal at the very position that it answers for; folds on to there. */
export async function compareWithLive(
  sources: RebuildSources,
  bus: Bus,
  rebuilding: Rebuilding,
  onProgress: (rebuilding: Rebuilding) => void,
): Promise<Comparison> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { position, hashes = {} } = await bus.ask(PositionQuery, { hashes: true });
    // What is committed but not published yet is ahead of the answer: a moment later it isn't.
    if (position < rebuilding.position) continue;
    await rebuildTo(sources, rebuilding, position, onProgress);
    const wrong = differing(hashesOf(rebuilding.state), hashes);
    const theirs = combineHashes(hashes);
    return { kind: wrong.length === 0 ? 'equal' : 'different', with: 'the live journal', position, theirs };
  }
  throw new Error('the live journal answers for positions before the end of the log only');
}
