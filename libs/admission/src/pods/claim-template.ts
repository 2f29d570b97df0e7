import type { PersistentVolumeClaimSpec, PersistentVolumeClaimTemplate } from '@shiplog/contracts';
import { dnsSubdomain, milliOf, type Problems } from '@shiplog/apimachinery';
import { validateAnnotations, validateLabels } from '../metadata/validate';
import { validateLabelSelector } from './label-selector';

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const VOLUME_MODES = ['Block', 'Filesystem'];

/** Kubernetes' rules for the claim that a volume which lives as long as its pod is made from. */
export function validateClaimTemplate(template: PersistentVolumeClaimTemplate, at: string, problems: Problems): void {
  const { labels, annotations, ...others } = template.metadata ?? {};
  validateAnnotations(annotations, `${at}.metadata.annotations`, problems);
  validateLabels(labels, `${at}.metadata.labels`, problems);
  for (const field of Object.keys(others)) problems.forbidden(`${at}.metadata.${field}`, 'cannot be set');
  validateClaimSpec(template.spec, `${at}.spec`, problems);
}

function validateClaimSpec(spec: PersistentVolumeClaimSpec, at: string, problems: Problems): void {
  const modes = spec.accessModes ?? [];
  if (modes.length === 0) problems.required(`${at}.accessModes`, 'at least 1 access mode is required');
  for (const mode of modes) problems.unlessOneOf(`${at}.accessModes`, mode, ACCESS_MODES);
  if (modes.length > 1 && modes.includes('ReadWriteOncePod')) {
    const rule = 'may not use ReadWriteOncePod with other access modes';
    problems.forbidden(`${at}.accessModes`, rule);
  }
  if (spec.selector !== undefined) validateLabelSelector(spec.selector, `${at}.selector`, problems);
  const storage = spec.resources?.requests?.['storage'];
  if (storage === undefined) problems.required(`${at}.resources[storage]`);
  else if (milliOf(storage) <= 0n) problems.invalid(`${at}.resources[storage]`, storage, 'must be greater than zero');
  if (spec.storageClassName !== undefined) {
    problems.breaches(`${at}.storageClassName`, spec.storageClassName, dnsSubdomain);
  }
  problems.unlessOneOf(`${at}.volumeMode`, spec.volumeMode, VOLUME_MODES);
}
