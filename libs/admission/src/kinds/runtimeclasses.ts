import { dnsLabel, dnsSubdomain } from '@shiplog/apimachinery';
import { validateLabels } from '../metadata/validate';
import { validateTolerations } from '../pods/placement';
import { validateResources } from '../pods/resources';
import { immutable } from '../rows/checks';
import { FieldRules } from '../rows/rows';
import { defineKind } from './kind';

/** Kubernetes' rules for runtime classes (ValidateRuntimeClass). */
export const runtimeClasses = defineKind<'runtimeclasses.node.k8s.io'>({
  resource: 'runtimeclasses.node.k8s.io',
  name: dnsSubdomain,
  generation: 'none',
  rows: new FieldRules({ handler: immutable }),
  validate({ handler, overhead, scheduling }, problems) {
    problems.breaches('handler', handler, dnsLabel);
    if (overhead?.podFixed !== undefined) {
      validateResources({ limits: overhead.podFixed }, new Set(), 'overhead', problems);
    }
    if (scheduling === undefined) return;
    validateLabels(scheduling.nodeSelector, 'scheduling.nodeSelector', problems);
    validateTolerations(scheduling.tolerations ?? [], 'scheduling.tolerations', problems);
  },
});
