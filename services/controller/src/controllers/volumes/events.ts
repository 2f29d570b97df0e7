import type { Note } from '../../runtime/domain/controller';
import type { StoredClaim, StoredVolume } from '@shiplog/kube';

/** What users read on a claim or a volume, as the persistent volume controller says it. */
export function tell(
  object: StoredClaim | StoredVolume,
  type: Note['type'],
  reason: string,
  message: string,
  component = 'persistentvolume-controller',
): Note {
  const { namespace = '', name, uid } = object.metadata;
  const resource = namespace === '' ? 'persistentvolumes' : 'persistentvolumeclaims';
  return { type, reason, message, component, host: '', about: { resource, namespace, name, uid } };
}
