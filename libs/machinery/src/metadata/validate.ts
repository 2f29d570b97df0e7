import type { ObjectMeta } from '@shiplog/contracts';
import type { Problems } from '../problems';
import { utf8Length } from '../values/bytes';
import { type TextRule, asPrefix, labelValue, pathSegment, qualifiedName } from '../values/names';

const MAX_ANNOTATION_BYTES = 262_144;

type Texts = Readonly<Record<string, string>>;

/** Keys and values of labels. */
export function validateLabels(labels: Texts | undefined, at: string, problems: Problems): void {
  for (const key in labels) {
    for (const wrong of qualifiedName(key)) problems.invalid(at, key, wrong);
    const value = labels[key] ?? '';
    for (const wrong of labelValue(value)) problems.invalid(at, value, wrong);
  }
}

/** Keys of annotations (upper case is fine there), and their size altogether. */
export function validateAnnotations(annotations: Texts | undefined, at: string, problems: Problems): void {
  let bytes = 0;
  for (const key in annotations) {
    for (const wrong of qualifiedName(key.toLowerCase())) problems.invalid(at, key, wrong);
    bytes += utf8Length(key) + utf8Length(annotations[key] ?? '');
  }
  if (bytes > MAX_ANNOTATION_BYTES) problems.tooLong(at, MAX_ANNOTATION_BYTES);
}

function validateOwners(meta: ObjectMeta, problems: Problems): void {
  let controllers = 0;
  meta.ownerReferences?.forEach((owner, i) => {
    const at = `metadata.ownerReferences[${i}]`;
    if ((owner.apiVersion ?? '') === '')
      problems.invalid(`${at}.apiVersion`, owner.apiVersion ?? '', 'version must not be empty');
    if ((owner.kind ?? '') === '') problems.invalid(`${at}.kind`, owner.kind ?? '', 'must not be empty');
    if ((owner.name ?? '') === '') problems.invalid(`${at}.name`, owner.name ?? '', 'must not be empty');
    if ((owner.uid ?? '') === '') problems.invalid(`${at}.uid`, owner.uid ?? '', 'must not be empty');
    if (owner.controller === true) controllers += 1;
    if (owner.controller === true && controllers === 2) {
      problems.invalid(
        'metadata.ownerReferences',
        meta.ownerReferences,
        'Only one reference can have Controller set to true',
      );
    }
  });
}

const SHORT_FINALIZERS = new Set(['orphan', 'foregroundDeletion', 'kubernetes']);

function validateFinalizers(meta: ObjectMeta, problems: Problems): void {
  const finalizers = meta.finalizers ?? [];
  finalizers.forEach((finalizer, i) => {
    const at = `metadata.finalizers[${i}]`;
    for (const wrong of qualifiedName(finalizer)) problems.invalid(at, finalizer, wrong);
    if (!finalizer.includes('/') && !SHORT_FINALIZERS.has(finalizer)) {
      problems.invalid(at, finalizer, 'name is neither a standard finalizer name nor is it fully qualified');
    }
  });
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    problems.invalid('metadata.finalizers', finalizers, 'finalizer orphan and foregroundDeletion cannot be both set');
  }
}

/** What every object's metadata must keep to. The namespace has been settled before. */
export function validateMetadata(meta: ObjectMeta, rule: TextRule, problems: Problems): void {
  if (meta.generateName !== undefined) {
    for (const wrong of asPrefix(rule)(meta.generateName)) {
      problems.invalid('metadata.generateName', meta.generateName, wrong);
    }
  }
  if (meta.name === undefined || meta.name === '') {
    problems.required('metadata.name', 'name or generateName is required');
  } else {
    const wrong = pathSegment(meta.name);
    for (const what of wrong.length > 0 ? wrong : rule(meta.name)) problems.invalid('metadata.name', meta.name, what);
  }
  validateLabels(meta.labels, 'metadata.labels', problems);
  validateAnnotations(meta.annotations, 'metadata.annotations', problems);
  validateOwners(meta, problems);
  validateFinalizers(meta, problems);
}

/** An object that is to go takes on no new finalizers. */
export function validateMetadataUpdate(meta: ObjectMeta, before: ObjectMeta, problems: Problems): void {
  if (before.deletionTimestamp === undefined) return;
  const present = new Set(before.finalizers);
  const added = (meta.finalizers ?? []).filter((finalizer) => !present.has(finalizer));
  if (added.length > 0) {
    problems.forbidden(
      'metadata.finalizers',
      `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((f) => JSON.stringify(f)).join(', ')}}`,
    );
  }
}
