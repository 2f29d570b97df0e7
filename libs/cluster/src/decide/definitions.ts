import type { ObjectOf } from '@shiplog/contracts';
import { CLEANUP_FINALIZER, type DEFINITIONS, toSeconds } from '@shiplog/apimachinery';

type Definition = ObjectOf<typeof DEFINITIONS>;

/**
 * A definition whose end was asked for while there are objects of its resource: it stays until a controller has seen them go
 * (customresourcedefinition/etcd.go in Kubernetes' apiextensions). One without any has nothing to wait for.
 */
export function markTerminating(definition: Definition, now: string): Definition {
  const { metadata, status = {} } = definition;
  const { finalizers = [] } = metadata;
  if (finalizers.includes(CLEANUP_FINALIZER)) return definition;
  const others = (status.conditions ?? []).filter(({ type }) => type !== 'Terminating');
  const condition = {
    type: 'Terminating',
    status: 'True',
    reason: 'InstanceDeletionPending',
    message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will be in progress soon',
    lastTransitionTime: toSeconds(now),
  };
  return {
    ...definition,
    metadata: { ...metadata, finalizers: [...finalizers, CLEANUP_FINALIZER] },
    status: { ...status, conditions: [...others, condition] },
  };
}
