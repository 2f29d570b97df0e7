import type { ReadonlyCluster } from '@shiplog/cluster';
import type { ObjectOf } from '@shiplog/contracts';
import { isPodActive } from '../../../../services/controller/src/domain/pods';
import type { PlannedCommand } from '../../../../services/controller/src/runtime/domain/controller';

/** What must hold of a kind of objects that have pods made of a template. */
export interface WorkloadRule {
  /** When all is quiet: what was asked for is there, and told. Throws a Violation. */
  checkAtRest(state: ReadonlyCluster): void;
  /**
   * What a plan that was made on a state makes or takes beyond what was asked; undefined: nothing.
   *
   * @param key of the object that the plan is for
   */
  excessOf(key: string, state: ReadonlyCluster, plan: readonly PlannedCommand[]): string | undefined;
}

/** Pods of an owner that run, or will. */
export function activePodsOf(state: ReadonlyCluster, uid: string): ObjectOf<'pods'>[] {
  return state.controlledBy('pods', uid).filter(isPodActive);
}

export const isPodCreation = ({ type, data }: PlannedCommand): boolean =>
  type === 'CreateObject' && data.resource === 'pods';

export const isPodDeletion = ({ type, data }: PlannedCommand): boolean =>
  type === 'DeleteObject' && data.resource === 'pods';

/** Whether a pod without an owner is made the owner's own. */
export const isAdoption = ({ type, data }: PlannedCommand): boolean => {
  if (type !== 'PatchObject' || data.resource !== 'pods') return false;
  const { metadata } = data.patch as { metadata?: { ownerReferences?: { controller?: boolean }[] } };
  return metadata?.ownerReferences?.some(({ controller }) => controller === true) ?? false;
};

/** By which the users of workloads tell one template from another. */
export function imageOf(spec: { readonly containers?: readonly { readonly image?: string }[] } | undefined): string {
  return spec?.containers?.[0]?.image ?? '';
}
