import type { Container, LimitRange } from '@shiplog/contracts';
import type { Draft } from '../../kinds/kind';

const ANNOTATION = 'kubernetes.io/limit-ranger';

type Amounts = Readonly<Record<string, string>>;

/** Amounts that a LimitRange gives containers which name none. */
interface Defaults {
  readonly requests: Amounts;
  readonly limits: Amounts;
}

/** Fills in a pod's containers in place; an annotation says what came so. */
export function fillInPod(pod: Draft<'pods'>, { spec }: LimitRange): void {
  const defaults = defaultsOf(spec?.limits ?? []);
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  const filled = [
    ...containers.flatMap((container) => fillIn(container, defaults, 'container')),
    ...initContainers.flatMap((container) => fillIn(container, defaults, 'init container')),
  ];
  if (filled.length === 0) return;
  const annotations = { ...pod.metadata.annotations, [ANNOTATION]: `LimitRanger plugin set: ${filled.join('; ')}` };
  pod.metadata.annotations = annotations;
}

function defaultsOf(items: NonNullable<LimitRange['spec']>['limits']): Defaults {
  let defaults: Defaults = { requests: {}, limits: {} };
  for (const item of items) {
    if (item.type !== 'Container') continue;
    const { requests, limits } = defaults;
    defaults = { requests: { ...requests, ...item.defaultRequest }, limits: { ...limits, ...item.default } };
  }
  return defaults;
}

/** What it says of a container: which requests it set, then which limits. */
function fillIn(container: Container, { requests, limits }: Defaults, kind: string): string[] {
  const resources = (container.resources ??= {});
  const missing = (given: Amounts | undefined, wanted: Amounts): string[] =>
    Object.keys(wanted)
      .filter((name) => given === undefined || !Object.hasOwn(given, name))
      .sort();
  const missingRequests = missing(resources.requests, requests);
  const missingLimits = missing(resources.limits, limits);
  if (missingRequests.length > 0) resources.requests = { ...requests, ...resources.requests };
  if (missingLimits.length > 0) resources.limits = { ...limits, ...resources.limits };
  const { name } = container;
  return [
    ...(missingRequests.length > 0 ? [`${missingRequests.join(', ')} request for ${kind} ${name}`] : []),
    ...(missingLimits.length > 0 ? [`${missingLimits.join(', ')} limit for ${kind} ${name}`] : []),
  ];
}
