import type { ObjectMeta, ServiceSpec } from '@shiplog/contracts';
import { isHeadless } from './reach';

const OLD_HINTS = 'service.kubernetes.io/topology-aware-hints';
const HINTS = 'service.kubernetes.io/topology-mode';

/** What Kubernetes accepts of a service and does nothing about (pkg/api/service/warnings.go). */
export function serviceWarnings({ annotations = {} }: ObjectMeta, spec: ServiceSpec): string[] {
  const found: string[] = [];
  const isName = spec.type === 'ExternalName';
  if (Object.hasOwn(annotations, OLD_HINTS)) {
    found.push(`annotation ${OLD_HINTS} is deprecated, please use ${HINTS} instead`);
  }
  if (isHeadless(spec)) {
    if (spec.loadBalancerIP !== undefined) found.push('spec.loadBalancerIP is ignored for headless services');
    if (spec.externalIPs !== undefined) found.push('spec.externalIPs is ignored for headless services');
    // Kubernetes writes this one field with a capital letter.
    if (spec.sessionAffinity !== 'None') found.push('spec.SessionAffinity is ignored for headless services');
  }
  if (isName && spec.externalIPs !== undefined) {
    found.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  }
  if (!isName && spec.externalName !== undefined) {
    found.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  }
  return found;
}
