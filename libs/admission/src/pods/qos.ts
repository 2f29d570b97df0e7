import type { Container, PodSpec } from '@shiplog/contracts';
import { milliOf } from '@shiplog/apimachinery';

const COUNTED = ['cpu', 'memory'];

/**
 * Kubernetes' quality-of-service class: Guaranteed when every container limits cpu and memory and requests as much,
 * BestEffort when none asks for either, Burstable else; of a pod with amounts of its own these count alone. The spec must be valid
 * and defaulted.
 */
export function qosClassOf(spec: PodSpec): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const { cpu, memory } = { ...spec.resources?.requests, ...spec.resources?.limits };
  const isOwn = cpu !== undefined || memory !== undefined;
  const containers = isOwn ? [spec] : [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  if (containers.every((container) => asksForNothing(container))) return 'BestEffort';
  return containers.every((container) => isGuaranteed(container)) ? 'Guaranteed' : 'Burstable';
}

/** A container, or a pod. */
type Asking = Pick<Container, 'resources'>;

function asksForNothing(container: Asking): boolean {
  const { limits, requests } = container.resources ?? {};
  return COUNTED.every((name) => isZero(limits?.[name]) && isZero(requests?.[name]));
}

function isGuaranteed(container: Asking): boolean {
  const { limits, requests } = container.resources ?? {};
  return COUNTED.every((name) => {
    const limit = limits?.[name];
    const request = requests?.[name] ?? limit;
    return limit !== undefined && request !== undefined && !isZero(limit) && milliOf(limit) === milliOf(request);
  });
}

function isZero(quantity: string | undefined): boolean {
  return quantity === undefined || milliOf(quantity) === 0n;
}
