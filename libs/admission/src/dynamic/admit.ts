import type { KubeObject, KubeStatus, StoredObject } from '@shiplog/contracts';
import { fromStored, type VersionedResource } from '@shiplog/apimachinery';
import type { AdmissionContext } from '../context';
import { scaleOf } from '../scale';
import type { AdmissionAttributes } from './attributes';

/** Asks what validates a new object, as it is to be stored, whether it may be. */
export function validateCreated(
  { row, version }: VersionedResource,
  object: KubeObject,
  { dynamic }: AdmissionContext,
): KubeStatus | undefined {
  const { name = '', namespace = '' } = object.metadata;
  return dynamic?.validate({ operation: 'CREATE', row, version, subresource: '', namespace, name, object });
}

/** Asks what validates a changed object, or a change of a part of it, whether it may be. */
export function validateUpdated(
  resource: VersionedResource,
  subresource: string | undefined,
  { before, after }: { readonly before: StoredObject; readonly after: KubeObject },
  { dynamic }: AdmissionContext,
): KubeStatus | undefined {
  return dynamic?.validate(updateOf(resource, subresource, before, after));
}

/** Of a scale it is the Scale that is seen, of all other subresources the whole object. */
function updateOf(
  resource: VersionedResource,
  subresource = '',
  before: StoredObject,
  after: KubeObject,
): AdmissionAttributes {
  const { row, version } = resource;
  const { name, namespace = '' } = before.metadata;
  const shown = (object: KubeObject): KubeObject =>
    subresource === 'scale' ? scaleOf(version, fromStored(version, object)) : object;
  return {
    operation: 'UPDATE',
    row,
    version,
    subresource,
    namespace,
    name,
    object: shown(after),
    oldObject: shown(before),
  };
}
