import { type KubeObject, type ResourceRow, type ResourceVersion, apiVersionOf } from '@shiplog/contracts';
import { type Result, ok, refused } from '../result';
import { statusOf } from '../status';
import { isJsonObject } from '../values/json-object';
import type { VersionedResource } from '../catalog/catalog';
import { decoderOf } from './compile';
import { DecodeError, type Decoder, Decoding } from './decoding';
import { structuralDecoderOf } from './structural';

/** What an object that is submitted must be. */
export interface Expected {
  readonly apiVersion: string;
  readonly kind: string;
  readonly schema: ResourceVersion['schema'];
}

/** The objects of a resource, in one of its versions. */
function expectedOf({ row, version }: VersionedResource): Expected {
  return { apiVersion: apiVersionOf(version), kind: row.kind, schema: version.schema };
}

const SCALE: Expected = {
  apiVersion: 'autoscaling/v1',
  kind: 'Scale',
  schema: 'io.k8s.api.autoscaling.v1.Scale',
};

/** What a subresource of a resource reads and writes: the object itself, except for `scale`. */
export function expectedAt(resource: VersionedResource, subresource?: string): Expected {
  return subresource === 'scale' ? SCALE : expectedOf(resource);
}

/** A resource in the version that its objects are stored in. */
export function asStored(row: ResourceRow): VersionedResource {
  return { row, version: row.versions[0] };
}

/** Why an object of that apiVersion and kind can't be taken for what is expected; undefined when it can. */
function mismatch(object: Record<string, unknown>, expected: Expected): string | undefined {
  const { apiVersion = expected.apiVersion, kind = expected.kind } = object;
  if (typeof apiVersion !== 'string')
    return 'json: cannot unmarshal value into Go struct field TypeMeta.apiVersion of type string';
  if (typeof kind !== 'string') return 'json: cannot unmarshal value into Go struct field TypeMeta.kind of type string';
  if ((apiVersion === '' || apiVersion === expected.apiVersion) && (kind === '' || kind === expected.kind))
    return undefined;
  if (kind !== expected.kind) {
    return `${kind} in version ${JSON.stringify(versionOf(apiVersion))} cannot be handled as a ${expected.kind}: the kind in the data (${kind}) does not match the expected kind (${expected.kind})`;
  }
  return `the API version in the data (${apiVersion}) does not match the expected API version (${expected.apiVersion})`;
}

const versionOf = (apiVersion: string): string => apiVersion.slice(apiVersion.indexOf('/') + 1);

function read(submitted: unknown, expected: Expected, on: Decoding): Result<KubeObject> {
  if (typeof submitted !== 'object' || submitted === null || Array.isArray(submitted)) {
    return refused(statusOf.badRequest(`the object provided is unrecognized (must be of type ${expected.kind})`));
  }
  const wrong = mismatch(submitted as Record<string, unknown>, expected);
  if (wrong !== undefined) return refused(statusOf.badRequest(wrong));
  const decoded = decodeAs(expected, submitted, on);
  if (decoded instanceof DecodeError) {
    const version = JSON.stringify(versionOf(expected.apiVersion));
    return refused(
      statusOf.badRequest(
        `${expected.kind} in version ${version} cannot be handled as a ${expected.kind}: ${decoded.message}`,
      ),
    );
  }
  const { metadata } = decoded as Partial<KubeObject>;
  return ok(Object.assign({ apiVersion: expected.apiVersion, kind: expected.kind, metadata: metadata ?? {} }, decoded));
}

function decoderFor(schema: Expected['schema']): Decoder {
  return typeof schema === 'string' ? decoderOf(schema) : structuralDecoderOf(schema);
}

function decodeAs({ schema }: Expected, submitted: unknown, on: Decoding): KubeObject | DecodeError {
  try {
    return decoderFor(schema)(submitted, on) as KubeObject;
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
}

/** Why an object can't be read, when that is a value in it; undefined when it can be, or is no object of that kind at all. */
export function decodeFault(expected: Expected, submitted: unknown): DecodeError | undefined {
  if (!isJsonObject(submitted) || mismatch(submitted, expected) !== undefined) return undefined;
  const decoded = decodeAs(expected, submitted, new Decoding());
  return decoded instanceof DecodeError ? decoded : undefined;
}

/**
 * Reads JSON as what is expected: a deep copy without unknown fields and managedFields, and of a built-in kind without nulls;
 * apiVersion and kind filled in when absent. 400 with Kubernetes' text when a value has the wrong type.
 */
export function decodeObject(expected: Expected, submitted: unknown): Result<KubeObject> {
  return read(submitted, expected, new Decoding());
}

/**
 * Paths of the fields that the API does not know, for `fieldValidation=Strict` (refuse) and `Warn` (warn). Empty also when
 * the object can't be read at all: that is refused elsewhere, with its own text.
 */
export function unknownFields(expected: Expected, submitted: unknown): string[] {
  const on = new Decoding({ reportUnknown: true });
  read(submitted, expected, on);
  return on.unknown ?? [];
}

/** Kubernetes' 400 for an object that breaks `fieldValidation=Strict`, given what is wrong (one sentence at least). */
export function strictDecodingError(
  { kind, apiVersion }: Pick<Expected, 'kind' | 'apiVersion'>,
  sentences: readonly string[],
): ReturnType<typeof statusOf.badRequest> {
  const version = JSON.stringify(versionOf(apiVersion));
  return statusOf.badRequest(
    `${kind} in version ${version} cannot be handled as a ${kind}: strict decoding error: ${sentences.join(', ')}`,
  );
}
