import { chmod, mkdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A path inside a volume, by its name: where the kubelet can't mount, so that the engine has to find it by that. What is missing of
 * it is made with the mode of the volume; its setgid bit hands on the group. Throws an Error for what leads out of the volume at
 * this moment: whoever changes the volume afterwards is not held up, which only descriptors can (`openSubPath`).
 */
export async function evaluateSubPath(root: string, steps: readonly string[]): Promise<string> {
  const realRoot = await realpath(root);
  const mode = (await stat(realRoot)).mode & 0o7777;
  let real = realRoot;
  for (const step of steps) {
    const path = join(real, step);
    await makeWithMode(path, mode);
    real = await realpath(path);
    if (real !== realRoot && !real.startsWith(`${realRoot}/`)) throw new Error(`${path} leads out of its volume`);
  }
  return real;
}

/** Whatever the process' umask is; what is there stays as it is. */
async function makeWithMode(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw error;
  }
  await chmod(path, mode);
}
