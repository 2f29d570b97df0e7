import type { ResourceId } from '@shiplog/contracts';
import type { AdmissionContext } from '../context';

/**
 * The name of the class that objects get which name none: the newest of those that an annotation says to be it, and of two
 * of a time the first by name (Kubernetes' admissions DefaultStorageClass and DefaultIngressClass).
 */
export function defaultOf({ state }: AdmissionContext, classes: ResourceId, annotation: string): string | undefined {
  let found: { name: string; made: string } | undefined;
  for (const { metadata } of state.list(classes)) {
    if (metadata.annotations?.[annotation] !== 'true') continue;
    const { name = '', creationTimestamp: made = '' } = metadata;
    if (found === undefined || made > found.made || (made === found.made && name < found.name)) found = { name, made };
  }
  return found?.name;
}
