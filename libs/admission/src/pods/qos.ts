import type { Container, PodSpec } from '@shiplog/contracts';
import { milliOf } from '@shiplog/apimachinery';

const COUNTED = ['cpu', 'memory'];

/**
 * Kubernetes' quality-of-service class: Guaranteed when every container limits cpu and memory and requests as much,
 * BestEffort when none asks for either, Burstable else. The spec must be valid and defaulted.
 */
export function qosClassOf(spec: PodSpec): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  if (containers.every((container) => asksForNothing(container))) return 'BestEffort';
  return containers.every((container) => isGuaranteed(container)) ? 'Guaranteed' : 'Burstable';
}

function asksForNothing(container: Container): boolean {
  const { limits, requests } = container.resources ?? {};
  return COUNTED.every((name) => isZero(limits?.[name]) && isZero(requests?.[name]));
}

function isGuaranteed(container: Container): boolean {
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
