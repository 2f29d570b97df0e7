import { dnsSubdomain } from '../values/names';
import { defineKind } from './kind';

export const leases = defineKind<'leases.coordination.k8s.io'>({
  resource: 'leases.coordination.k8s.io',
  name: dnsSubdomain,
  generation: 'none',
  unconditionalUpdate: false,
  defaults(draft) {
    draft.spec ??= {};
  },
  validate(draft, problems) {
    const { leaseDurationSeconds, leaseTransitions } = draft.spec ?? {};
    if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0) {
      problems.invalid('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0');
    }
    if (leaseTransitions !== undefined && leaseTransitions < 0) {
      problems.invalid('spec.leaseTransitions', leaseTransitions, 'must be greater than or equal to 0');
    }
  },
});
