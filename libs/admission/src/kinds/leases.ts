import { dnsSubdomain, qualifiedName } from '@shiplog/apimachinery';
import { defineKind } from './kind';

/** Ways to choose a holder that have no prefix. */
const STRATEGIES = ['OldestEmulationVersion'];

export const leases = defineKind<'leases.coordination.k8s.io'>({
  resource: 'leases.coordination.k8s.io',
  name: dnsSubdomain,
  generation: 'none',
  defaults(draft) {
    draft.spec ??= {};
  },
  validate(draft, problems) {
    const { leaseDurationSeconds, leaseTransitions, strategy, preferredHolder = '' } = draft.spec ?? {};
    if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0) {
      problems.invalid('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0');
    }
    if (leaseTransitions !== undefined && leaseTransitions < 0) {
      problems.invalid('spec.leaseTransitions', leaseTransitions, 'must be greater than or equal to 0');
    }
    // Kubernetes names the field twice.
    const at = 'spec.strategy.strategy';
    if (strategy?.includes('/') === true) problems.breaches(at, strategy, qualifiedName);
    else problems.unlessOneOf(at, strategy, STRATEGIES);
    if (preferredHolder !== '' && (strategy ?? '') === '') {
      problems.forbidden('spec.preferredHolder', 'may only be specified if `strategy` is defined');
    }
  },
});
