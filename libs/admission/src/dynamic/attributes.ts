import type { KubeObject, ResourceRow, ResourceVersion } from '@shiplog/contracts';
import { expectedAt, fromStored, withoutOwners } from '@shiplog/apimachinery';

/** What a request does, as rules of admission call it. */
export type Operation = 'CONNECT' | 'CREATE' | 'DELETE' | 'UPDATE';

/** A request as policies and webhooks are told of it (admission.Attributes in Kubernetes' apiserver). */
export interface AdmissionAttributes {
  readonly operation: Operation;
  readonly row: ResourceRow;
  /** In which the request is written. */
  readonly version: ResourceVersion;
  /** '' for the resource itself. */
  readonly subresource: string;
  /** '' for what has none. */
  readonly namespace: string;
  /** '' while it is still to be generated. */
  readonly name: string;
  /** As it is to be stored; of a subresource that has objects of its own (scale, eviction, binding), that object. */
  readonly object?: KubeObject;
  readonly oldObject?: KubeObject;
  /** Where it is not that of the resource: of what the subresource takes, such as `autoscaling/v1` and `Scale`. */
  readonly ownKind?: { readonly apiVersion: string; readonly kind: string };
}

/** A request's objects, as somebody who asked for a version of the resource sees them. */
export interface AdmittedObjects {
  readonly object: KubeObject | undefined;
  readonly oldObject: KubeObject | undefined;
}

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** Of the objects of a request, once they are shown in a version of its resource. */
export function kindOf({ row, subresource, ownKind }: AdmissionAttributes, version: ResourceVersion): GroupVersionKind {
  const { apiVersion, kind } = ownKind ?? expectedAt({ row, version }, subresource === '' ? undefined : subresource);
  const [name = '', group = ''] = apiVersion.split('/').reverse();
  return { group, version: name, kind };
}

/** What is stored, as a version shows it; what only a subresource takes is shown as it is. */
export function objectsIn(attributes: AdmissionAttributes, version: ResourceVersion): AdmittedObjects {
  const show = (object: KubeObject | undefined): KubeObject | undefined =>
    object === undefined || hasOwnKind(attributes) ? object : withoutOwners(fromStored(version, object));
  return { object: show(attributes.object), oldObject: show(attributes.oldObject) };
}

function hasOwnKind({ ownKind, subresource }: AdmissionAttributes): boolean {
  return ownKind !== undefined || subresource === 'scale';
}
