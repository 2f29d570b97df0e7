import type { Container, KubeObject, ObjectOf, PodSpec, ResourceRequirements } from '@shiplog/contracts';
import { compareQuantities, ok, Problems, refused, type Result, sameJson, statusOf } from '@shiplog/apimachinery';
import type { Draft } from '../kinds/kind';
import { isMirror } from './annotations';
import { defaultPodSpec } from './defaults';
import { qosClassOf } from './qos';
import { validatePodSpec } from './validate';

const RESIZABLE = ['cpu', 'memory'];

type Pod = ObjectOf<'pods'>;

/**
 * A pod whose containers may use what is submitted: other amounts of cpu and memory, and nothing else. All else that was
 * submitted is forgotten (podResizeStrategy, ValidatePodResize).
 */
export function withResources(submitted: Draft<'pods'>, before: Pod): Result<KubeObject> {
  if (submitted.spec !== undefined) defaultPodSpec(submitted.spec);
  const then: PodSpec = before.spec ?? { containers: [] };
  const spec: PodSpec = { ...then, containers: resized(submitted.spec?.containers ?? [], then.containers) };
  if (then.initContainers !== undefined) {
    spec.initContainers = resized(submitted.spec?.initContainers ?? [], then.initContainers);
  }
  if (sameJson(spec, then)) return ok(before);
  const problems = new Problems();
  const never = neverResized(before);
  if (never !== undefined) problems.forbidden('', never);
  else {
    validatePodSpec(spec, 'spec', problems);
    validateResize(spec, before, problems);
  }
  return problems.none
    ? ok({ ...before, spec })
    : refused(statusOf.invalid('pods', before.metadata.name ?? '', problems.causes));
}

/** Containers as they were, in the submitted order, with the submitted resources. */
function resized(submitted: readonly Container[], then: readonly Container[]): Container[] {
  const byName = new Map(then.map((container) => [container.name, container]));
  return submitted.map((container) => {
    const old = byName.get(container.name);
    if (old === undefined) return container;
    const { resources: _resources, resizePolicy: _policy, ...rest } = old;
    const { resources, resizePolicy } = container;
    return {
      ...rest,
      ...(resources === undefined ? {} : { resources }),
      ...(resizePolicy === undefined ? {} : { resizePolicy }),
    };
  });
}

function neverResized({ metadata, spec }: Pod): string | undefined {
  if (spec?.resources !== undefined) return 'pods with pod-level resources cannot be resized';
  if (isMirror(metadata)) return 'static pods cannot be resized';
  return spec?.os?.name === 'windows' ? 'windows pods cannot be resized' : undefined;
}

function validateResize(spec: PodSpec, before: Pod, problems: Problems): void {
  const then: PodSpec = before.spec ?? { containers: [] };
  const qos = qosClassOf(spec);
  if (qos !== (before.status?.qosClass ?? qosClassOf(then))) {
    problems.invalid('spec', qos, 'Pod QOS Class may not change as a result of resizing');
  }
  if (!runsWhereResized(before)) problems.forbidden('spec', 'Pod running on node without support for resize');
  const isSame =
    validateList(spec.containers, then.containers, 'containers', problems) &&
    validateList(spec.initContainers ?? [], then.initContainers ?? [], 'initContainers', problems);
  if (!isSame) return;
  const kept = (containers: readonly Container[] = []): unknown => containers.map((container) => fixedPart(container));
  if (
    !sameJson([kept(spec.containers), kept(spec.initContainers)], [kept(then.containers), kept(then.initContainers)])
  ) {
    problems.forbidden('spec', 'only cpu and memory resources are mutable');
  }
}

/** The node of a container that runs says what it gave it, if it can give it something else. */
function runsWhereResized({ status }: Pod): boolean {
  const running = status?.containerStatuses?.find(({ state }) => state?.running !== undefined);
  return running === undefined || running.resources !== undefined;
}

function validateList(
  now: readonly Container[],
  then: readonly Container[],
  list: 'containers' | 'initContainers',
  problems: Problems,
): boolean {
  const kind = list === 'containers' ? 'containers' : 'initContainers';
  if (now.length !== then.length) {
    problems.forbidden('spec', `${kind} may not be added or removed on resize`);
    return false;
  }
  if (now.some(({ name }, i) => name !== then[i]?.name)) {
    problems.forbidden('spec', `${kind} may not be renamed or reordered on resize`);
    return false;
  }
  now.forEach((container, i) => validateContainer(container, then[i] as Container, `spec.${list}[${i}]`, problems));
  return true;
}

function validateContainer(now: Container, then: Container, at: string, problems: Problems): void {
  const isInit = at.startsWith('spec.initContainers');
  if (isInit && then.restartPolicy !== 'Always') {
    if (sameJson(now.resources, then.resources)) return;
    problems.forbidden(`${at}.resources`, 'resources for non-sidecar init containers are immutable');
    return;
  }
  for (const kind of ['requests', 'limits'] as const) {
    const amounts = now.resources?.[kind] ?? {};
    const removed = Object.keys(then.resources?.[kind] ?? {}).some((name) => !Object.hasOwn(amounts, name));
    if (removed) problems.forbidden(`${at}.resources.${kind}`, `resource ${kind} cannot be removed`);
  }
  const [limit, was] = [now.resources?.limits?.['memory'], then.resources?.limits?.['memory']];
  if (limit === undefined || was === undefined || compareQuantities(limit, was) >= 0) return;
  const policy = then.resizePolicy?.find(({ resourceName }) => resourceName === 'memory')?.restartPolicy;
  if (policy === 'RestartContainer') return;
  const rule = 'memory limits cannot be decreased unless resizePolicy is RestartContainer';
  problems.forbidden(`${at}.resources.limits`, rule);
}

/** A container without the amounts that may be others. */
function fixedPart({ resources = {}, ...container }: Container): unknown {
  const { limits, requests, ...others } = resources;
  return { ...container, resources: { ...others, limits: fixedAmounts(limits), requests: fixedAmounts(requests) } };
}

function fixedAmounts(amounts: ResourceRequirements['limits'] = {}): unknown {
  return Object.fromEntries(Object.entries(amounts).filter(([name]) => !RESIZABLE.includes(name)));
}
