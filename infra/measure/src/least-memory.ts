import { setTimeout as wait } from 'node:timers/promises';
import type { Rig } from '../../../services/api/src/testing/rig';

/**
 * The least that an api's process holds within some time, in bytes: garbage counts until it is collected.
 *
 * @param path what it is asked for meanwhile, so that it has something to do and collects
 */
export async function leastMemory(rig: Rig, forMs: number, path: string): Promise<number> {
  let least = rig.apiMemory;
  for (const until = performance.now() + forMs; performance.now() < until; await wait(250)) {
    await rig.http('GET', path);
    least = Math.min(least, rig.apiMemory);
  }
  return least;
}
