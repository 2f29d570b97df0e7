import { chmod, mkdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ContainerConfigError } from '../container/start-failure';

/** Where a sub-path is wanted: for what is said when it can't be had. */
export interface SubPathUse {
  readonly volume: string;
  readonly container: string;
}

/**
 * A path inside a volume. What is missing of it is made with the mode of the volume; its setgid bit hands on the group.
 * Nothing is made or mounted outside of the volume, wherever symbolic links in it lead. Throws ContainerConfigError, which
 * does not say why, as in Kubernetes (makeMounts in kubelet_pods.go): that could tell of the node's own files.
 */
export async function subPathOf(root: string, subPath: string, { volume, container }: SubPathUse): Promise<string> {
  if (subPath.startsWith('/'))
    throw new ContainerConfigError(`error SubPath \`${subPath}\` must not be an absolute path`);
  if (subPath.split('/').includes('..'))
    throw new ContainerConfigError(`unable to provision SubPath \`${subPath}\`: must not contain '..'`);
  const isThere = await stat(join(root, subPath)).then(
    () => true,
    () => false,
  );
  try {
    return await makePath(root, subPath);
  } catch {
    const description = isThere ? 'prepare subPath' : 'create subPath directory';
    throw new ContainerConfigError(`failed to ${description} for volumeMount "${volume}" of container "${container}"`);
  }
}

async function makePath(root: string, subPath: string): Promise<string> {
  const realRoot = await realpath(root);
  const mode = (await stat(realRoot)).mode & 0o7777;
  let real = realRoot;
  for (const part of subPath.split('/').filter((item) => item !== '' && item !== '.')) {
    const path = join(real, part);
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
