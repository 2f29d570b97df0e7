import type { Container, PodSpec, Toleration } from '@shiplog/contracts';
import { JsonMap, type Problems, sameJson } from '@shiplog/apimachinery';
import { validateGatesUpdate, validatePlacementUpdate, withoutPlacement } from './gated';

const MAY_CHANGE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** A running pod is what it is: only images, a tighter deadline and more tolerations can come later, and gates go. */
export function validatePodUpdate(spec: PodSpec, before: PodSpec, problems: Problems): void {
  if (spec === before) return;
  validateContainerCount(spec.containers, before.containers, 'spec.containers', problems);
  validateContainerCount(spec.initContainers, before.initContainers, 'spec.initContainers', problems);
  validateDeadline(spec.activeDeadlineSeconds, before.activeDeadlineSeconds, problems);
  validateAddedTolerations(spec.tolerations ?? [], before.tolerations ?? [], problems);
  validateGatesUpdate(spec, before, problems);
  const isGated = (before.schedulingGates ?? []).length > 0;
  if (isGated) validatePlacementUpdate(spec, before, problems);
  const [now, then] = isGated ? [withoutPlacement(spec), withoutPlacement(before)] : [spec, before];
  if (!sameJson(frozen(now), frozen(then))) problems.forbidden('spec', MAY_CHANGE);
}

function validateContainerCount(
  now: readonly Container[] | undefined,
  then: readonly Container[] | undefined,
  at: string,
  problems: Problems,
): void {
  if ((now ?? []).length !== (then ?? []).length)
    problems.forbidden(at, 'pod updates may not add or remove containers');
}

function validateDeadline(now: number | undefined, then: number | undefined, problems: Problems): void {
  const at = 'spec.activeDeadlineSeconds';
  if (then === undefined || now === then) return;
  if (now === undefined) problems.invalid(at, now, 'must not update from a positive integer to nil value');
  else if (now > then) problems.invalid(at, now, `must be less than or equal to previous value of ${then}`);
}

function validateAddedTolerations(now: readonly Toleration[], then: readonly Toleration[], problems: Problems): void {
  const present = new JsonMap<true>();
  for (const item of now) present.set({ ...item, tolerationSeconds: 0 }, true);
  if (!then.every((old) => present.get({ ...old, tolerationSeconds: 0 })))
    problems.forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds');
}

/** The part of a spec that never changes. */
function frozen(spec: PodSpec): unknown {
  const { activeDeadlineSeconds: _deadline, tolerations: _tolerations, schedulingGates: _gates, ...others } = spec;
  const { containers, initContainers, ...rest } = others;
  return { ...rest, containers: containers?.map(withoutImage), initContainers: initContainers?.map(withoutImage) };
}

function withoutImage({ image: _image, ...rest }: Container): unknown {
  return rest;
}
