import type { ClientPatchType, KubeStatus } from '@shiplog/contracts';
import { Problems } from '../problems';
import { decodeFault, type Expected } from '../schema/decode';
import type { DecodeError } from '../schema/decoding';
import { statusOf } from '../status';
import { goKindOf, goText } from '../values/go-text';

/** What a patch made of an object, for a refusal to show. */
export interface PatchedObject {
  readonly type: ClientPatchType;
  readonly patch: unknown;
  readonly result: unknown;
}

/** 422: what a patch made of an object is none of its kind (handlers/patch.go in Kubernetes' apiserver, whose kind is ''). */
function patchRefusal({ type, patch, result }: PatchedObject, detail: string): KubeStatus {
  const problems = new Problems();
  problems.invalid('patch', type === 'strategic' ? goText(patch) : JSON.stringify(result), detail);
  return statusOf.invalid({ group: '', plural: '', kind: '' }, '', problems.causes);
}

/** The refusal of a patched object that can't be read as its kind; undefined when it can. */
export function unreadablePatch(expected: Expected, patched: PatchedObject): KubeStatus | undefined {
  const fault = decodeFault(expected, patched.result);
  if (fault === undefined) return undefined;
  return patchRefusal(patched, patched.type === 'strategic' ? conversionFault(fault) : fault.message);
}

/** A strategic patch is not read again as JSON, but converted: in the words of runtime/converter.go. */
function conversionFault({ message, mismatch }: DecodeError): string {
  if (mismatch === undefined) return message;
  const { value, goType } = mismatch;
  const kind = goKindOf(value);
  if (goType.startsWith('[]')) return `cannot restore slice from ${kind}`;
  if (goType.startsWith('map[')) return `cannot restore map from ${kind}`;
  if (goType.includes('.')) return `cannot restore struct from: ${kind}`;
  // Go would make a character of a number, so that is refused in words of its own.
  const isNumber = typeof value === 'number' && goType !== 'bool';
  return isNumber ? `cannot convert ${kind} to ${goType}` : `unrecognized type: ${goType}`;
}
