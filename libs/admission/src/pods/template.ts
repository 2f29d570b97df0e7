import type { PodTemplateSpec } from '@shiplog/contracts';
import type { Problems } from '@shiplog/apimachinery';
import { validateAnnotations, validateLabels } from '../metadata/validate';
import { validatePodAnnotations } from './annotations';
import { defaultPodSpec } from './defaults';
import { validatePodSpec } from './validate';

/** Fills in what the template of a pod may leave out. */
export function defaultPodTemplate(template: PodTemplateSpec | undefined): void {
  if (template !== undefined) defaultPodSpec((template.spec ??= { containers: [] }));
}

/** Kubernetes' ValidatePodTemplateSpec: what holds for the pods of every kind that makes some. */
export function validatePodTemplate(template: PodTemplateSpec, at: string, problems: Problems): void {
  validateLabels(template.metadata?.labels, `${at}.metadata.labels`, problems);
  validateAnnotations(template.metadata?.annotations, `${at}.metadata.annotations`, problems);
  const spec = template.spec ?? { containers: [] };
  validatePodSpec(spec, `${at}.spec`, problems);
  const { annotations = {} } = template.metadata ?? {};
  validatePodAnnotations(annotations, spec, `${at}.metadata.annotations`, problems);
  if (spec.ephemeralContainers !== undefined) {
    problems.forbidden(`${at}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template');
  }
}

/** Pods that are to be there for ever are always restarted; `owner` is who says so, for example `ReplicationController`. */
export function validateLastingTemplate(
  template: PodTemplateSpec,
  owner: string,
  at: string,
  problems: Problems,
): void {
  validatePodTemplate(template, at, problems);
  const { restartPolicy, activeDeadlineSeconds } = template.spec ?? {};
  if (restartPolicy !== undefined && restartPolicy !== 'Always') {
    problems.notSupported(`${at}.spec.restartPolicy`, restartPolicy, ['Always']);
  }
  if (activeDeadlineSeconds !== undefined) {
    problems.forbidden(`${at}.spec.activeDeadlineSeconds`, `activeDeadlineSeconds in ${owner} is not Supported`);
  }
}
