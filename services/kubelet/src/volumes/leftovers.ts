import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeMounts } from './mounts/node-mounts';

/** Removes a folder of a pod: nothing of what is mounted in it is touched. Throws an Error, and leaves it, while something stays mounted. */
export async function removeFolder(folder: string, mounts: NodeMounts): Promise<void> {
  await mounts.unmountAll(folder);
  await rm(folder, { recursive: true, force: true });
}

/** Removes the files of pods that nobody wants and of which no container is left. */
export async function removeLeftovers(
  stateDir: string,
  mounts: NodeMounts,
  isKnown: (podUid: string) => boolean,
): Promise<void> {
  const pods = join(stateDir, 'pods');
  await mkdir(pods, { recursive: true, mode: 0o750 });
  const uids = (await readdir(pods)).filter((uid) => !isKnown(uid));
  // One that can't be removed is no reason for the others to stay.
  const results = await Promise.allSettled(uids.map((uid) => removeFolder(join(pods, uid), mounts)));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
