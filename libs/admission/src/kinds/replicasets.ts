import { dnsSubdomain, sameJson } from '@shiplog/apimachinery';
import { defaultPodTemplate, validateLastingTemplate } from '../pods/template';
import { atLeast } from '../rows/checks';
import { FieldRules } from '../rows/rows';
import { counters, validateReplicaCounts } from '../workloads/counts';
import { validateSameSelector, validateSelection } from '../workloads/selected-template';
import { podNameWarnings, templateWarnings } from '../workloads/warnings';
import { defineKind } from './kind';

/** Kubernetes' text about an empty selector takes it for a deployment's. */
const OWNER = { kind: 'deployment', unsound: 'invalid label selector' };

export const replicaSets = defineKind<'replicasets.apps'>({
  resource: 'replicasets.apps',
  name: dnsSubdomain,
  generation: 'spec',
  defaults(draft) {
    const spec = (draft.spec ??= { selector: {} });
    spec.replicas ??= 1;
    defaultPodTemplate((spec.template ??= {}));
  },
  prepareCreate(draft) {
    draft.status = { replicas: 0 };
  },
  rows: new FieldRules({ 'spec.replicas': atLeast(0), 'spec.minReadySeconds': atLeast(0) }),
  validate({ spec = { selector: {} } }, problems, _ctx, before) {
    if (spec === before?.spec) return;
    const { selector, template = {} } = spec;
    // An unchanged template was valid when it came in, and stricter rules of today must not lock the number of pods.
    if (validateSelection({ selector, template }, OWNER, problems) && !sameJson(template, before?.spec?.template)) {
      validateLastingTemplate(template, 'ReplicaSet', 'spec.template', problems);
    }
  },
  validateUpdate(draft, before, problems) {
    validateSameSelector(draft.spec?.selector, before.spec?.selector, problems);
  },
  status: {
    rows: counters('replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration'),
    validate({ status }, problems) {
      const counted = ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'];
      validateReplicaCounts(status, counted, 'readyReplicas', problems);
    },
  },
  warnings: (set, before) => [
    ...(before === undefined ? podNameWarnings(set.metadata) : []),
    ...templateWarnings(set, before, set.spec?.template, 'spec.template'),
  ],
});
