import type { ImageFacts, RuntimeName } from '../../runtime/runtime';

/**
 * How an image is told of in statuses: by the digest that a registry knows it by, else by its id. Docker's have its name before
 * them, as dockershim had it; by the Container Runtime Interface they stand alone.
 */
export function imageName(runtime: RuntimeName, { id, digests: [digest] }: Pick<ImageFacts, 'id' | 'digests'>): string {
  if (runtime !== 'docker') return digest ?? id;
  return digest === undefined ? `docker://${id}` : `docker-pullable://${digest}`;
}
