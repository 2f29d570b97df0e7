import { isObject } from '../merge-patch';
import { resourceRow, type KubeStatus, type ResourceId, type StoredObject } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import { namespaceFinalizers } from './change';

/** Namespaces that the cluster can't do without. */
const IMMORTAL: readonly string[] = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** 403 for the namespaces that must stay. */
export function deletionRejection(resource: ResourceId, name: string): KubeStatus | undefined {
  if (resource !== 'namespaces' || !IMMORTAL.includes(name)) return undefined;
  return statusOf.forbidden(resource, name, 'this namespace may not be deleted');
}

/** A namespace that is being deleted says so in its phase. */
export function asTerminating(resource: ResourceId, object: StoredObject): StoredObject {
  if (resource !== 'namespaces' || namespaceFinalizers(object).length === 0) return object;
  return { ...object, status: { ...(isObject(object.status) ? object.status : {}), phase: 'Terminating' } };
}

/** The namespace that a command means, or why it can't be: cluster-scoped objects have none, all others need one. */
export function scopeRejection(resource: ResourceId, namespace: string): KubeStatus | undefined {
  const { namespaced, plural } = resourceRow(resource);
  if (namespaced && namespace === '') {
    return statusOf.badRequest(`an empty namespace may not be set when a ${plural} object is named`);
  }
  if (!namespaced && namespace !== '') return statusOf.badRequest(`${plural} are not namespaced`);
  return undefined;
}
