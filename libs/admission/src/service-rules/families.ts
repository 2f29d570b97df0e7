import type { ServiceSpec } from '@shiplog/contracts';
import { isHeadless } from './reach';

/**
 * The families of addresses of a service that doesn't say, in a cluster of IPv4. A headless service without a selector gets
 * both: its backends may be elsewhere. As initIPFamilyFields in pkg/registry/core/service/storage/alloc.go. Idempotent.
 */
export function fillFamilies(spec: ServiceSpec): void {
  if (spec.type === 'ExternalName') return;
  spec.ipFamilies ??= ['IPv4'];
  if (isHeadless(spec) && spec.selector === undefined) {
    const [first] = spec.ipFamilies;
    if (spec.ipFamilies.length < 2 && spec.ipFamilyPolicy !== 'SingleStack') {
      spec.ipFamilies = [...spec.ipFamilies, first === 'IPv4' ? 'IPv6' : 'IPv4'];
    }
    spec.ipFamilyPolicy ??= 'RequireDualStack';
  }
  spec.ipFamilyPolicy ??= 'SingleStack';
}
