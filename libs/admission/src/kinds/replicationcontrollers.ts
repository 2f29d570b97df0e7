import { dnsSubdomain, GoSyntax, matchesSelectorMap, sameJson } from '@shiplog/apimachinery';
import { defaultPodTemplate, validateLastingTemplate } from '../pods/template';
import { counters, validateReplicaCounts } from '../workloads/counts';
import { podNameWarnings, templateWarnings } from '../workloads/warnings';
import { defineKind } from './kind';

export const replicationControllers = defineKind<'replicationcontrollers'>({
  resource: 'replicationcontrollers',
  name: dnsSubdomain,
  generation: 'spec',
  fields: { 'status.replicas': (rc) => rc.status?.replicas ?? 0 },
  defaults(draft) {
    draft.spec ??= {};
    draft.spec.replicas ??= 1;
    const { template } = draft.spec;
    defaultPodTemplate(template);
    const labels = template?.metadata?.labels;
    if (labels === undefined) return;
    draft.spec.selector ??= { ...labels };
    draft.metadata.labels ??= { ...labels };
  },
  prepareCreate(draft) {
    draft.status = { replicas: 0 };
  },
  validate(draft, problems, _ctx, before) {
    const { replicas = 1, minReadySeconds = 0, selector = {}, template } = draft.spec ?? {};
    if (minReadySeconds < 0) {
      problems.invalid('spec.minReadySeconds', minReadySeconds, 'must be greater than or equal to 0');
    }
    if (Object.keys(selector).length === 0) problems.required('spec.selector');
    if (replicas < 0) problems.invalid('spec.replicas', replicas, 'must be greater than or equal to 0');
    if (template === undefined) {
      problems.required('spec.template');
      return;
    }
    const labels = template.metadata?.labels;
    if (Object.keys(selector).length > 0 && !matchesSelectorMap(selector, labels)) {
      problems.invalid(
        'spec.template.metadata.labels',
        GoSyntax.map(labels),
        '`selector` does not match template `labels`',
      );
    }
    // An unchanged template was valid when it came in, and stricter rules of today must not lock the number of pods.
    if (!sameJson(template, before?.spec?.template)) {
      validateLastingTemplate(template, 'ReplicationController', 'spec.template', problems);
    }
  },
  status: {
    rows: counters('replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration'),
    validate({ status }, problems) {
      const counted = ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'];
      validateReplicaCounts(status, counted, 'readyReplicas', problems);
    },
  },
  // Kubernetes' path of its template lacks the spec.
  warnings: (rc, before) => [
    ...(before === undefined ? podNameWarnings(rc.metadata) : []),
    ...templateWarnings(rc, before, rc.spec?.template, 'template'),
  ],
});
