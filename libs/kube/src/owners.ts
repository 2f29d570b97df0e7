import type { KubeObject, OwnerReference } from '@shiplog/contracts';

/** The owner that manages an object: at most one reference has `controller: true`. */
export function controllerOf(object: { metadata: KubeObject['metadata'] } | undefined): OwnerReference | undefined {
  return object?.metadata.ownerReferences?.find((owner) => owner.controller === true);
}
