import type { EphemeralContainer, KubeObject, ObjectOf, PodSpec } from '@shiplog/contracts';
import { ok, Problems, refused, type Result, sameJson, statusOf } from '@shiplog/apimachinery';
import type { Draft } from '../kinds/kind';
import { isMirror } from './annotations';
import { defaultPodSpec } from './defaults';
import { validatePodOnly } from './pod-only';
import { validatePodSpec } from './validate';

type Pod = ObjectOf<'pods'>;

/**
 * A pod with the ephemeral containers that are submitted: they may come, and neither change nor go. All else that was
 * submitted is forgotten (podEphemeralContainersStrategy, ValidatePodEphemeralContainersUpdate).
 */
export function withEphemeralContainers(submitted: Draft<'pods'>, before: Pod): Result<KubeObject> {
  if (submitted.spec !== undefined) defaultPodSpec(submitted.spec);
  const problems = new Problems();
  const spec: PodSpec = { ...before.spec, containers: before.spec?.containers ?? [] };
  const containers = submitted.spec?.ephemeralContainers ?? [];
  if (containers.length === 0) delete spec.ephemeralContainers;
  else spec.ephemeralContainers = containers;
  const after = { ...before, spec };
  if (sameJson(spec, before.spec)) return ok(before);
  if (isMirror(before.metadata)) {
    problems.forbidden('', 'static pods do not support ephemeral containers');
  } else {
    validatePodSpec(spec, 'spec', problems);
    validatePodOnly(spec, problems);
    validateKept(containers, before.spec?.ephemeralContainers ?? [], problems);
  }
  return problems.none ? ok(after) : refused(statusOf.invalid('pods', before.metadata.name ?? '', problems.causes));
}

function validateKept(
  now: readonly EphemeralContainer[],
  then: readonly EphemeralContainer[],
  problems: Problems,
): void {
  const at = 'spec.ephemeralContainers';
  const byName = new Map(now.map((container) => [container.name, container]));
  for (const old of then) {
    const found = byName.get(old.name);
    const called = `existing ephemeral containers ${JSON.stringify(old.name)}`;
    if (found === undefined) problems.forbidden(at, `${called} may not be removed`);
    else if (!sameJson(found, old)) problems.forbidden(at, `${called} may not be changed`);
  }
}
