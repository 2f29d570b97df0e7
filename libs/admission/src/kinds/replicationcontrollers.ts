import type { PodTemplateSpec } from '@shiplog/contracts';
import { dnsSubdomain, GoSyntax, matchesSelectorMap, type Problems, sameJson } from '@shiplog/apimachinery';
import { validatePodAnnotations } from '../pods/annotations';
import { defaultPodSpec } from '../pods/defaults';
import { validatePodSpec } from '../pods/validate';
import { nameWarnings, podSpecWarnings } from '../pods/warnings';
import { validateLabels, validateAnnotations } from '../metadata/validate';
import { defineKind } from './kind';

function validateTemplate(template: PodTemplateSpec, problems: Problems): void {
  validateLabels(template.metadata?.labels, 'spec.template.metadata.labels', problems);
  validateAnnotations(template.metadata?.annotations, 'spec.template.metadata.annotations', problems);
  const spec = template.spec ?? { containers: [] };
  validatePodSpec(spec, 'spec.template.spec', problems);
  const { annotations = {} } = template.metadata ?? {};
  validatePodAnnotations(annotations, spec, 'spec.template.metadata.annotations', problems);
  if (spec.ephemeralContainers !== undefined) {
    problems.forbidden('spec.template.spec.ephemeralContainers', 'ephemeral containers not allowed in pod template');
  }
  if (spec.restartPolicy !== undefined && spec.restartPolicy !== 'Always') {
    problems.notSupported('spec.template.spec.restartPolicy', spec.restartPolicy, ['Always']);
  }
  if (spec.activeDeadlineSeconds !== undefined) {
    problems.forbidden(
      'spec.template.spec.activeDeadlineSeconds',
      'activeDeadlineSeconds in ReplicationController is not Supported',
    );
  }
}

export const replicationControllers = defineKind<'replicationcontrollers'>({
  resource: 'replicationcontrollers',
  name: dnsSubdomain,
  generation: 'spec',
  fields: { 'status.replicas': (rc) => rc.status?.replicas ?? 0 },
  defaults(draft) {
    draft.spec ??= {};
    draft.spec.replicas ??= 1;
    const { template } = draft.spec;
    if (template === undefined) return;
    if (template.spec !== undefined) defaultPodSpec(template.spec);
    const labels = template.metadata?.labels;
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
    if (!sameJson(template, before?.spec?.template)) validateTemplate(template, problems);
  },
  warnings({ metadata, spec }, before) {
    if (before !== undefined && before.metadata.generation === metadata.generation) return [];
    const name = before === undefined ? nameWarnings(metadata, 'this is used in Pod names and hostnames') : [];
    const template = spec?.template?.spec;
    return [...name, ...(template === undefined ? [] : podSpecWarnings(template, 'template.spec'))];
  },
});
