import { expectedAt, statusOf, strictDecodingError, unknownFields } from '@shiplog/apimachinery';
import type { KubeStatus, PatchType, StoredObject } from '@shiplog/contracts';
import { isYaml } from './body';
import { faultsInOrder } from './duplicate-fields';
import { throwStatus } from './errors';
import { jsonPatchObjects } from './json-patch-objects';
import { fieldValidationOf, type FieldValidation, type WriteOptionsKind } from './options';
import { nameOf, requestedResource, type ResourceRequest } from './request';

/** As many are named, as in sigs.k8s.io/json. */
const MOST = 100;

/** Fields of an object that the API does not know or that are given twice: refused or warned of, as the client asks. */
export function checkFields(
  request: ResourceRequest,
  object: unknown,
  duplicates: readonly string[],
  options: WriteOptionsKind,
): readonly string[] {
  const validation = fieldValidationOf(request.query, options);
  if (validation === 'Ignore') return [];
  const unknown = unknownIn(request, [object]);
  const refuse = (faults: readonly string[]): KubeStatus =>
    strictDecodingError(expectedAt(requestedResource(request)), faults);
  if (isYaml(request.contentType)) {
    // Kubernetes reads YAML strictly first, whose faults are one error of many lines; each is a warning of its own.
    const lines = duplicates.length === 0 ? [] : [['yaml: unmarshal errors:', ...duplicates].join('\n  ')];
    return judged(validation, [...duplicates, ...said(unknown)], () => refuse([...lines, ...said(unknown)]));
  }
  const isMixed = duplicates.length > 0 && unknown.length > 0;
  const text = isMixed ? (request.body?.toString('utf8') ?? '') : '';
  return judged(validation, isMixed ? faultsInOrder(text, unknown) : [...duplicates, ...said(unknown)], refuse);
}

/** The same of a patch. 404 where there is no object that could be made wrong. */
export function checkPatch(
  request: ResourceRequest,
  { type, patch }: { readonly type: PatchType; readonly patch: unknown },
  duplicates: readonly string[],
  current: StoredObject | undefined,
): readonly string[] {
  const validation = fieldValidationOf(request.query, 'PatchOptions');
  if (validation === 'Ignore') return [];
  // A strategic patch has directives among the fields: `$patch`, `$setElementOrder/containers` and the like.
  const unknown = unknownIn(request, type === 'json' ? jsonPatchObjects(patch) : [patch]).filter(
    (field) => !/(^|[.\]])\$/.test(field),
  );
  if (type === 'apply') return judged(validation, duplicates, (faults) => statusOf.badRequest(appliedFault(faults)));
  const given = duplicates.map((fault) => (type === 'json' ? `json patch ${fault}` : fault));
  return judged(validation, [...given, ...said(unknown)], (faults) => {
    if (current === undefined) return statusOf.notFound(requestedResource(request).row, nameOf(request));
    return strictDecodingError(expectedAt(requestedResource(request)), faults);
  });
}

/** What the schema does not know of what is applied is refused in any case, when it is applied. */
function appliedFault(faults: readonly string[]): string {
  return `error strict decoding YAML: error converting YAML to JSON: ${['yaml: unmarshal errors:', ...faults].join('\n  ')}`;
}

function judged(
  validation: FieldValidation,
  faults: readonly string[],
  refuse: (faults: readonly string[]) => KubeStatus,
): readonly string[] {
  const told = faults.slice(0, MOST);
  if (told.length > 0 && validation === 'Strict') throwStatus(refuse(told));
  return told;
}

function unknownIn(request: ResourceRequest, submitted: readonly unknown[]): string[] {
  const expected = expectedAt(requestedResource(request), request.target.subresource?.name);
  return [...new Set(submitted.flatMap((object) => unknownFields(expected, object)))];
}

function said(unknown: readonly string[]): string[] {
  return unknown.map((field) => `unknown field ${JSON.stringify(field)}`);
}
