import type { ObjectMeta } from '@shiplog/contracts';
import {
  asPrefix,
  GoSyntax,
  labelValue,
  pathSegment,
  type Problems,
  qualifiedName,
  type TextRule,
  utf8Length,
} from '@shiplog/apimachinery';
import { validateOwners } from './owners';

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

const SHORT_FINALIZERS = new Set(['orphan', 'foregroundDeletion', 'kubernetes']);

/** Finalizers are somebody's: all but Kubernetes' own say whose. */
const finalizerName: TextRule = (text) =>
  text.includes('/') || SHORT_FINALIZERS.has(text)
    ? []
    : ['name is neither a standard finalizer name nor is it fully qualified'];

/** A finalizer of a namespace's spec. */
export function validateFinalizer(finalizer: string, at: string, problems: Problems): void {
  problems.breaches(at, finalizer, qualifiedName);
  problems.breaches(at, finalizer, finalizerName);
}

function validateFinalizers(meta: ObjectMeta, problems: Problems): void {
  const finalizers = meta.finalizers ?? [];
  finalizers.forEach((finalizer, i) => {
    // Kubernetes names the place only of what its own rules find.
    problems.breaches('metadata.finalizers', finalizer, qualifiedName);
    problems.breaches(`metadata.finalizers[${i}]`, finalizer, finalizerName);
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
    for (const detail of wrong.length > 0 ? wrong : rule(meta.name))
      problems.invalid('metadata.name', meta.name, detail);
  }
  validateLabels(meta.labels, 'metadata.labels', problems);
  validateAnnotations(meta.annotations, 'metadata.annotations', problems);
  validateOwners(meta, problems);
  validateFinalizers(meta, problems);
}

/**
 * What an update may not change. The system's own fields are kept whatever is sent, but who asks for a deletion by setting its
 * time is told that this is no way to do it (BeforeUpdate and ValidateObjectMetaAccessorUpdate).
 */
export function validateMetadataUpdate(sent: ObjectMeta, before: ObjectMeta, problems: Problems): void {
  const { deletionTimestamp, deletionGracePeriodSeconds: period } = sent;
  if (before.deletionTimestamp === undefined && deletionTimestamp !== undefined) {
    problems.invalid('metadata.deletionTimestamp', goTime(deletionTimestamp), 'field is immutable');
  }
  if (period !== undefined && period !== before.deletionGracePeriodSeconds) {
    problems.invalid('metadata.deletionGracePeriodSeconds', period, 'field is immutable');
  }
  if (before.deletionTimestamp !== undefined) validateNoNewFinalizers(sent, before, problems);
}

/** As Go's Time writes itself: `2026-01-01 00:00:00 +0000 UTC`. */
function goTime(time: string): GoSyntax {
  return new GoSyntax(`${time.replace('T', ' ').replace('Z', '')} +0000 UTC`);
}

/** An object that is to go takes on no new finalizers. */
function validateNoNewFinalizers(meta: ObjectMeta, before: ObjectMeta, problems: Problems): void {
  const present = new Set(before.finalizers);
  const added = (meta.finalizers ?? []).filter((finalizer) => !present.has(finalizer)).sort();
  if (added.length === 0) return;
  const found = GoSyntax.list([...new Set(added)]).text;
  const rule = 'no new finalizers can be added if the object is being deleted, found new finalizers';
  problems.forbidden('metadata.finalizers', `${rule} ${found}`);
}
