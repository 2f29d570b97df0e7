import type { PersistentVolumeClaimSpec, TypedObjectReference } from '@shiplog/contracts';
import { dnsLabel, dnsSubdomain, GoSyntax, milliOf, type Problems, sameJson } from '@shiplog/apimachinery';
import { validateLabelSelector } from '../pods/label-selector';
import { VOLUME_MODES, validateAccessModes } from './access-modes';

/** Kubernetes' defaults of a claim's spec, filled in place. Idempotent. */
export function defaultClaimSpec(spec: PersistentVolumeClaimSpec): void {
  spec.volumeMode ??= 'Filesystem';
}

/** Kubernetes' rules for the spec of a claim, also of one that a template makes (ValidatePersistentVolumeClaimSpec). */
export function validateClaimSpec(spec: PersistentVolumeClaimSpec, at: string, problems: Problems): void {
  const modes = spec.accessModes ?? [];
  if (modes.length === 0) problems.required(`${at}.accessModes`, 'at least 1 access mode is required');
  if (spec.selector !== undefined) validateLabelSelector(spec.selector, `${at}.selector`, problems);
  validateAccessModes(modes, `${at}.accessModes`, problems);
  const storage = spec.resources?.requests?.['storage'];
  if (storage === undefined) problems.required(`${at}.resources[storage]`);
  else if (milliOf(storage) <= 0n) problems.invalid(`${at}.resources[storage]`, storage, 'must be greater than zero');
  for (const field of ['storageClassName', 'volumeAttributesClassName'] as const) {
    const name = spec[field] ?? '';
    if (name !== '') problems.breaches(`${at}.${field}`, name, dnsSubdomain);
  }
  problems.unlessOneOf(`${at}.volumeMode`, spec.volumeMode, VOLUME_MODES);
  validateSources(spec, at, problems);
}

/** What a volume is filled from, said by an older field, a newer one, or both. */
function validateSources(
  { dataSource, dataSourceRef }: PersistentVolumeClaimSpec,
  at: string,
  problems: Problems,
): void {
  if (dataSource !== undefined) validateReference(dataSource, `${at}.dataSource`, problems);
  if (dataSourceRef === undefined) return;
  validateReference(dataSourceRef, `${at}.dataSourceRef`, problems);
  const { namespace = '', ...reference } = dataSourceRef;
  if (namespace !== '') problems.breaches(`${at}.dataSourceRef.namespace`, namespace, dnsLabel);
  if (dataSource === undefined) return;
  // The value that Kubernetes shows there is the field's path.
  const shown = new GoSyntax(`${at}.dataSource`);
  if (namespace !== '') problems.invalid(at, shown, 'may not be specified when dataSourceRef.namespace is specified');
  else if (!sameJson(dataSource, reference)) problems.invalid(at, shown, 'must match dataSourceRef');
}

function validateReference({ apiGroup = '', kind, name }: TypedObjectReference, at: string, problems: Problems): void {
  if (name === '') problems.required(`${at}.name`);
  if (kind === '') problems.required(`${at}.kind`);
  if (apiGroup === '' && kind !== 'PersistentVolumeClaim') {
    problems.invalid(at, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
  }
  if (apiGroup !== '') problems.breaches(`${at}.apiGroup`, apiGroup, dnsSubdomain);
}
