import type { KubeObject, ResourceVersion } from '@shiplog/contracts';
import {
  appliedProblems,
  atomicPath,
  expectedAt,
  fieldsOfVersion,
  jsonPatchOutcome,
  mergeApplied,
} from '@shiplog/apimachinery';
import { Constructed } from '../../cel/policies/mutation-types';
import { fromCel } from '../../cel/policies/values';
import type { AdmissionAttributes } from '../attributes';

/** What an expression's value makes of an object, or what is wrong with it. */
export type Change = { readonly object: unknown } | { readonly error: string };

const failed = (error: string): Change => ({ error });

/** Merges what `Object{…}` says into an object, as server-side apply does; what is a whole of its own it may not touch. */
export function appliedTo(
  object: KubeObject,
  value: unknown,
  { row, subresource, operation, ownKind }: AdmissionAttributes,
  version: ResourceVersion,
): Change {
  if (!(value instanceof Constructed) || value.type !== 'Object') {
    return failed('must evaluate to Object but got another type');
  }
  if (operation === 'CONNECT') {
    const { apiVersion = '', kind = '' } = ownKind ?? {};
    return failed(
      `failed to convert original object to typed object: no corresponding type for /${apiVersion}, Kind=${kind}`,
    );
  }
  const json = jsonOf(value);
  if ('error' in json) return json;
  const { apiVersion, kind } = expectedAt({ row, version }, subresource === '' ? undefined : subresource);
  const applied = { ...(json.object as object), apiVersion, kind };
  if (subresource === 'scale') return failed('ApplyConfiguration is not supported for scale');
  const fields = fieldsOfVersion({ row, version });
  const [problem] = appliedProblems(fields, applied);
  if (problem !== undefined) return failed(`failed to convert apply configuration to typed object: ${problem}`);
  const atomic = atomicPath(fields, applied);
  if (atomic !== undefined) {
    return failed(
      `error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atomic}`,
    );
  }
  return { object: mergeApplied(fields, object, applied) };
}

/** Does what a list of `JSONPatch{…}` says; where it tests what is not so, nothing. */
export function patchedBy(object: KubeObject, value: unknown): Change {
  if (!Array.isArray(value)) return failed('type mismatch: JSONPatchType.expression should evaluate to array');
  const operations: unknown[] = [];
  for (const item of value as unknown[]) {
    if (!(item instanceof Constructed) || item.type !== 'JSONPatch') {
      return failed('type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch');
    }
    const json = jsonOf(item);
    if ('error' in json) return json;
    operations.push(json.object);
  }
  const outcome = jsonPatchOutcome(object, operations);
  if (outcome.ok) return { object: outcome.value };
  return outcome.failedTest ? { object } : failed(`JSONPath: ${outcome.problem}`);
}

function jsonOf(value: Constructed): Change {
  try {
    return { object: fromCel(value) };
  } catch (error) {
    return failed(
      `JSONPath valueExpression evaluated to a type that could not marshal to JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
