import { type KubeObject, type ResourceId, apiVersionOf, resourceRow } from '@shiplog/contracts';
import { type Result, ok, refused } from '../result';
import { statusOf } from '../status';
import { isJsonObject } from '../values/json-object';
import { decoderOf } from './compile';
import { DecodeError, Decoding } from './decoding';

interface Expected {
  readonly apiVersion: string;
  readonly kind: string;
  readonly definition: string;
}

/** What the objects of a resource must be. */
export function expectedOf(resource: ResourceId): Expected {
  const row = resourceRow(resource);
  return { apiVersion: apiVersionOf(row), kind: row.kind, definition: row.definition };
}

const SCALE: Expected = {
  apiVersion: 'autoscaling/v1',
  kind: 'Scale',
  definition: 'io.k8s.api.autoscaling.v1.Scale',
};

/** What a subresource of a resource reads and writes: the object itself, except for `scale`. */
export function expectedAt(resource: ResourceId, subresource: string | undefined): Expected {
  return subresource === 'scale' ? SCALE : expectedOf(resource);
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

function decodeAs({ definition }: Expected, submitted: unknown, on: Decoding): KubeObject | DecodeError {
  try {
    return decoderOf(definition)(submitted, on) as KubeObject;
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
}

/** Why an object can't be read, when that is a value in it; undefined when it can be, or is no object of that kind at all. */
export function decodeFault(resource: ResourceId, submitted: unknown, subresource?: string): DecodeError | undefined {
  const expected = expectedAt(resource, subresource);
  if (!isJsonObject(submitted) || mismatch(submitted, expected) !== undefined) return undefined;
  const decoded = decodeAs(expected, submitted, new Decoding());
  return decoded instanceof DecodeError ? decoded : undefined;
}

/**
 * Reads JSON as an object of a resource: a deep copy without nulls, unknown fields and managedFields; apiVersion and kind
 * filled in when absent. 400 with Kubernetes' text when a value has the wrong type.
 */
export function decodeObject(resource: ResourceId, submitted: unknown, subresource?: string): Result<KubeObject> {
  return read(submitted, expectedAt(resource, subresource), new Decoding());
}

/**
 * Paths of the fields that the API does not know, for `fieldValidation=Strict` (refuse) and `Warn` (warn). Empty also when
 * the object can't be read at all: that is refused elsewhere, with its own text.
 */
export function unknownFields(resource: ResourceId, submitted: unknown, subresource?: string): string[] {
  const on = new Decoding({ reportUnknown: true });
  read(submitted, expectedAt(resource, subresource), on);
  return on.unknown ?? [];
}

/** Kubernetes' 400 for an object that breaks `fieldValidation=Strict`, given what is wrong (one sentence at least). */
export function strictDecodingError(
  resource: ResourceId,
  sentences: readonly string[],
): ReturnType<typeof statusOf.badRequest> {
  const { kind, apiVersion } = expectedOf(resource);
  const version = JSON.stringify(versionOf(apiVersion));
  return statusOf.badRequest(
    `${kind} in version ${version} cannot be handled as a ${kind}: strict decoding error: ${sentences.join(', ')}`,
  );
}
