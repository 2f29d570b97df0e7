import { constants } from 'node:fs';
import type { Stats } from 'node:fs';
import { lchown, lstat, open, opendir, type FileHandle } from 'node:fs/promises';

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
const FILE_MODE = 0o660;
const FOLDER_MODE = 0o2770;

/**
 * Gives a directory with all that is in it to a group, which may read and write it from then on, whoever made it (SetVolumeOwnership in
 * pkg/volume). With the policy `OnRootMismatch` one whose root is the group's already is left as it is. Works by descriptors: a pod
 * that has the volume can't lead this out of it by links.
 */
export async function giveToGroup(root: string, gid: number, policy = 'Always'): Promise<void> {
  const handle = await open(root, O_RDONLY | O_DIRECTORY);
  try {
    if (policy === 'OnRootMismatch' && isGiven(await handle.stat(), gid)) return;
    await giveFolder(handle, gid);
  } finally {
    await handle.close();
  }
}

function isGiven(root: Stats, gid: number): boolean {
  return root.gid === gid && (root.mode & FOLDER_MODE) === FOLDER_MODE;
}

/** The folder itself last: it is the group's only once all that is in it is. */
async function giveFolder(folder: FileHandle, gid: number): Promise<void> {
  const path = `/proc/self/fd/${folder.fd}`;
  for await (const { name } of await opendir(path)) await giveEntry(`${path}/${name}`, gid);
  await give(folder, gid, FOLDER_MODE);
}

async function giveEntry(path: string, gid: number): Promise<void> {
  const found = await lstat(path);
  // Links, and what would hang or act when it is opened, have no mode that matters.
  if (!found.isDirectory() && !found.isFile()) return lchown(path, found.uid, gid);
  const entry = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    if ((await entry.stat()).isDirectory()) await giveFolder(entry, gid);
    else await give(entry, gid, FILE_MODE);
  } finally {
    await entry.close();
  }
}

async function give(entry: FileHandle, gid: number, mode: number): Promise<void> {
  const { uid } = await entry.stat();
  await entry.chown(uid, gid);
  // After the owner: a change of that takes the set-gid bit away.
  await entry.chmod(((await entry.stat()).mode & 0o7777) | mode);
}
