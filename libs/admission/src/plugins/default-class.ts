import type { ResourceId } from '@shiplog/contracts';
import { VOLUME_ANNOTATIONS } from '@shiplog/kube';
import type { ReadonlyCluster } from '../context';

type Classes = Pick<ReadonlyCluster, 'list'>;

/**
 * The name of the class that objects get which name none: the newest of those that an annotation says to be it, and of two
 * of a time the first by name (Kubernetes' admissions DefaultStorageClass and DefaultIngressClass).
 */
export function defaultOf(state: Classes, classes: ResourceId, annotation: string): string | undefined {
  let found: { name: string; made: string } | undefined;
  for (const { metadata } of state.list(classes)) {
    if (metadata.annotations?.[annotation] !== 'true') continue;
    const { name = '', creationTimestamp: made = '' } = metadata;
    if (found === undefined || made > found.made || (made === found.made && name < found.name)) found = { name, made };
  }
  return found?.name;
}

/** The class of volumes that claims get which name none. */
export function defaultStorageClassOf(state: Classes): string | undefined {
  return defaultOf(state, 'storageclasses.storage.k8s.io', VOLUME_ANNOTATIONS.isDefaultClass);
}
