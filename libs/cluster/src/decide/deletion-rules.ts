import {
  GRACE_SECONDS,
  type DeletionOptions,
  type KubeStatus,
  type Pod,
  type ResourceId,
  type StoredObject,
} from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';

/** Finalizers by which the garbage collector keeps an owner until it has dealt with its dependents. */
export const FOREGROUND_FINALIZER = 'foregroundDeletion';
export const ORPHAN_FINALIZER = 'orphan';

const DEFAULT_POD_GRACE_SECONDS = 30;

/** 409 when the object is another one, or another version, than the caller means. */
export function preconditionRejection(
  resource: ResourceId,
  { metadata }: StoredObject,
  { preconditions }: DeletionOptions,
): KubeStatus | undefined {
  const { uid, resourceVersion } = preconditions ?? {};
  if (uid !== undefined && uid !== metadata.uid) {
    const why =
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). ` +
      'The object might have been deleted and then recreated';
    return statusOf.conflict(resource, metadata.name, why);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const why =
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record ` +
      `(${metadata.resourceVersion}). The object might have been modified`;
    return statusOf.conflict(resource, metadata.name, why);
  }
  return undefined;
}

/**
 * Seconds that the object's containers get to end: only a bound pod that still runs has any. A shorter period than
 * one under way replaces it, a longer one doesn't; one beyond GRACE_SECONDS is taken for that.
 */
export function gracePeriodOf(resource: ResourceId, object: StoredObject, asked: number | undefined): number {
  if (resource !== 'pods') return 0;
  const { spec, status } = object as unknown as Pod;
  const isDone = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  if ((spec?.nodeName ?? '') === '' || isDone) return 0;
  const wanted = asked ?? spec?.terminationGracePeriodSeconds ?? DEFAULT_POD_GRACE_SECONDS;
  const period = wanted < 0 ? 1 : Math.min(wanted, GRACE_SECONDS);
  const { deletionTimestamp, deletionGracePeriodSeconds } = object.metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return period;
  return asked === undefined ? deletionGracePeriodSeconds : Math.min(period, deletionGracePeriodSeconds);
}

/** The object's finalizers with those that the propagation policy adds and without those that it revokes. */
export function finalizersFor(resource: ResourceId, object: StoredObject, options: DeletionOptions): string[] {
  const present = object.metadata.finalizers ?? [];
  const wanted = policyFinalizer(resource, present, options);
  const isOther = (one: string): boolean => one !== FOREGROUND_FINALIZER && one !== ORPHAN_FINALIZER;
  if (wanted !== undefined && present.includes(wanted)) return present.filter((one) => one === wanted || isOther(one));
  const others = present.filter(isOther);
  return wanted === undefined ? others : [...others, wanted];
}

function policyFinalizer(
  resource: ResourceId,
  present: readonly string[],
  { propagationPolicy }: DeletionOptions,
): string | undefined {
  switch (propagationPolicy) {
    case 'Orphan':
      return ORPHAN_FINALIZER;
    case 'Foreground':
      return FOREGROUND_FINALIZER;
    case 'Background':
      return undefined;
    case undefined:
      if (present.includes(ORPHAN_FINALIZER)) return ORPHAN_FINALIZER;
      if (present.includes(FOREGROUND_FINALIZER)) return FOREGROUND_FINALIZER;
      // The v1 API orphans a ReplicationController's pods unless told otherwise (kubectl does tell).
      return resource === 'replicationcontrollers' ? ORPHAN_FINALIZER : undefined;
  }
}
