import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ContainerConfigError } from '../../container/start-failure';

/** Where a sub-path is wanted: for what is told when it can't be had. */
export interface SubPathUse {
  readonly volume: string;
  readonly container: string;
}

/** The steps of a sub-path. Throws ContainerConfigError for one that is absolute or goes up (makeMounts in kubelet_pods.go). */
export function stepsOf(subPath: string): string[] {
  if (subPath.startsWith('/'))
    throw new ContainerConfigError(`error SubPath \`${subPath}\` must not be an absolute path`);
  const steps = subPath.split('/').filter((step) => step !== '' && step !== '.');
  if (steps.includes('..'))
    throw new ContainerConfigError(`unable to provision SubPath \`${subPath}\`: must not contain '..'`);
  return steps;
}

/**
 * A sub-path that can't be had. As in Kubernetes, it is not told why: that could tell of the node's own files. Only whether anything
 * is there makes a difference.
 */
export async function subPathProblem(root: string, subPath: string, use: SubPathUse): Promise<ContainerConfigError> {
  const isThere = await stat(join(root, subPath)).then(
    () => true,
    () => false,
  );
  const description = isThere ? 'prepare subPath' : 'create subPath directory';
  return new ContainerConfigError(
    `failed to ${description} for volumeMount "${use.volume}" of container "${use.container}"`,
  );
}
