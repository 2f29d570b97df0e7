import type { PodSpec } from '@shiplog/contracts';
import { type Problems } from '@shiplog/apimachinery';
import { containersOf } from './windows';

/** What only a pod must keep to; a template may leave it to the pods that are made of it. */
export function validatePodOnly(spec: PodSpec, problems: Problems): void {
  for (const [{ image = '' }, at] of containersOf(spec, 'spec')) {
    if (image !== image.trim()) {
      problems.invalid(`${at}.image`, image, 'must not have leading or trailing whitespace');
    }
  }
  for (const [index, { image }] of (spec.volumes ?? []).entries()) {
    if (image !== undefined && (image.reference ?? '') === '')
      problems.required(`spec.volumes[${index}].image.reference`);
  }
}

/** What only a new pod must keep to: some of a pod comes later, in its own way. */
export function validateNewPod(spec: PodSpec, problems: Problems): void {
  if (spec.ephemeralContainers !== undefined) {
    problems.forbidden('spec.ephemeralContainers', 'cannot be set on create');
  }
  if (spec.nodeName !== undefined && spec.schedulingGates !== undefined) {
    problems.forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared');
  }
}
