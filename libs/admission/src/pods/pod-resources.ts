import type { PodSpec } from '@shiplog/contracts';
import { compareQuantities, ownField, type Problems } from '@shiplog/apimachinery';
import { podAmounts } from './pod-amounts';
import { isHugePages, validateResources } from './resources';

type Amounts = Readonly<Record<string, string>>;

const isOfPods = (name: string): boolean => name === 'cpu' || name === 'memory' || isHugePages(name);
const SUPPORTED = ['cpu', 'hugepages-', 'memory'];

/** Requests of all containers together, whatever the pod itself asks for. */
function aggregateOf({ containers, initContainers }: PodSpec): Amounts {
  return podAmounts({ containers, initContainers }, 'requests').texts();
}

/**
 * What a pod with amounts of its own requests where it doesn't say so: what its containers request together, or what it is limited
 * to (setDefaultPodRequests). Not in templates.
 */
export function defaultPodResources(spec: PodSpec): void {
  const { resources } = spec;
  if (resources === undefined) return;
  const supported = (amounts: Amounts = {}): Amounts =>
    Object.fromEntries(Object.entries(amounts).filter(([name]) => isOfPods(name)));
  const requests = { ...supported(resources.limits), ...supported(aggregateOf(spec)), ...resources.requests };
  if (Object.keys(requests).length > 0) resources.requests = requests;
}

/** Kubernetes' rules for amounts of the pod itself: the containers have to fit in (validatePodResources); the paths are its own. */
export function validatePodResources(spec: PodSpec, at: string, problems: Problems): void {
  const { resources } = spec;
  if (resources === undefined) return;
  const { limits = {}, requests = {}, claims = [] } = resources;
  if (spec.os?.name === 'windows') return problems.forbidden(at, 'may not be set for a windows pod');
  if (claims.length > 0) problems.forbidden(`${at}.claims`, 'claims cannot be set for Resources at pod-level');
  validateResources({ limits, requests }, new Set(), at, problems);
  for (const [kind, amounts] of Object.entries({ limits, requests }))
    for (const name of Object.keys(amounts))
      if (!isOfPods(name)) problems.notSupported(`${at}.${kind}[${name}]`, name, SUPPORTED);
  for (const [name, all] of Object.entries(aggregateOf(spec))) {
    const request = ownField(requests, name);
    if (request === undefined || compareQuantities(all, request) <= 0) continue;
    const rule = `must be greater than or equal to aggregate container requests of ${all}`;
    problems.invalid(`${at}.requests[${name}]`, request, rule);
  }
  spec.containers.forEach((container, i) => {
    for (const [name, limit] of Object.entries(container.resources?.limits ?? {})) {
      const most = ownField(limits, name);
      if (most === undefined || compareQuantities(limit, most) <= 0) continue;
      const rule = `must be less than or equal to pod limits of ${most}`;
      problems.invalid(`${at}.containers[${i}][${name}].limits`, limit, rule);
    }
  });
}
