import type { PersistentVolumeClaimTemplate } from '@shiplog/contracts';
import type { Problems } from '@shiplog/apimachinery';
import { validateAnnotations, validateLabels } from '../metadata/validate';
import { validateClaimSpec } from '../volumes/claim';

/** Kubernetes' rules for the claim that a volume which lives as long as its pod is made from. */
export function validateClaimTemplate(template: PersistentVolumeClaimTemplate, at: string, problems: Problems): void {
  const { labels, annotations, ...others } = template.metadata ?? {};
  validateAnnotations(annotations, `${at}.metadata.annotations`, problems);
  validateLabels(labels, `${at}.metadata.labels`, problems);
  for (const field of Object.keys(others)) problems.forbidden(`${at}.metadata.${field}`, 'cannot be set');
  validateClaimSpec(template.spec, `${at}.spec`, problems);
}
