import type { ObjectMeta, OwnerReference } from '@shiplog/contracts';
import {
  asPrefix,
  labelValue,
  pathSegment,
  type Problems,
  qualifiedName,
  type TextRule,
  utf8Length,
} from '@shiplog/apimachinery';

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

/** Events come and go too fast for anything to live as long as they do. */
const BANNED_OWNER = 'v1/Event';
const OWNERS = 'metadata.ownerReferences';

/** Kubernetes says what is wrong of the whole list, and not of one owner in it. */
function validateOwners({ ownerReferences: owners = [] }: ObjectMeta, problems: Problems): void {
  for (const owner of owners) validateOwner(owner, problems);
  const [first, second] = owners.filter(({ controller }) => controller === true);
  if (first === undefined || second === undefined) return;
  const both = `${first.kind}/${first.name} and ${second.kind}/${second.name}`;
  const rule = `Only one reference can have Controller set to true. Found "true" in references for ${both}`;
  problems.invalid(OWNERS, owners, rule);
}

function validateOwner(owner: OwnerReference, problems: Problems): void {
  const { apiVersion } = owner;
  if (!/^(?:[^/]*\/)?[^/]+$/.test(apiVersion)) {
    problems.invalid(`${OWNERS}.apiVersion`, apiVersion, 'version must not be empty');
  }
  for (const field of ['kind', 'name', 'uid'] as const) {
    if (owner[field] === '') problems.invalid(`${OWNERS}.${field}`, '', 'must not be empty');
  }
  if (`${apiVersion}/${owner.kind}` === BANNED_OWNER) {
    problems.invalid(OWNERS, owner, '/v1, Kind=Event is disallowed from being an owner');
  }
}

const SHORT_FINALIZERS = new Set(['orphan', 'foregroundDeletion', 'kubernetes']);

/** Finalizers are somebody's: all but Kubernetes' own say whose. */
export const finalizerName: TextRule = (text) =>
  text.includes('/') || SHORT_FINALIZERS.has(text)
    ? []
    : ['name is neither a standard finalizer name nor is it fully qualified'];

function validateFinalizers(meta: ObjectMeta, problems: Problems): void {
  const finalizers = meta.finalizers ?? [];
  finalizers.forEach((finalizer, i) => {
    const at = `metadata.finalizers[${i}]`;
    for (const wrong of qualifiedName(finalizer)) problems.invalid(at, finalizer, wrong);
    problems.breaches(at, finalizer, finalizerName);
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
