import type { ClientPatchType, KubeObject, KubeStatus } from '@shiplog/contracts';
import { type Result, ok, refused } from '../result';
import type { Expected } from '../schema/decode';
import { statusOf } from '../status';
import { jsonPatched } from './json-patch';
import { isJsonObject } from '../values/json-object';
import { typeProblem } from '../values/json-problem';
import { mergePatch } from './merge-patch';
import { PatchError, TestFailed } from './patch-error';
import { strategicallyPatched } from './strategic-patch';

/**
 * Applies a client's patch to an object of what is expected. The result is what the client would have sent with a PUT: it still
 * has to pass `admitUpdate`. 400 for a malformed patch, 413 for one that costs more than a patch may, 415 for a strategic one of
 * a custom resource, 422 for one that does not fit the object.
 */
export function applyPatch(
  expected: Expected,
  patchType: ClientPatchType,
  current: KubeObject,
  patch: unknown,
): Result<KubeObject> {
  if (patchType === 'strategic' && typeof expected.schema !== 'string') {
    return refused(statusOf.unsupportedMediaType(CUSTOM_PATCHES));
  }
  try {
    const result = patched(expected, patchType, current, patch);
    if (!isJsonObject(result)) throw new PatchError('inapplicable', 'the result of the patch is no object');
    return ok(result as KubeObject);
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    return refused(statusOfFault(error));
  }
}

/** What a JSON patch makes of a document, or why it makes nothing of it. `failedTest`: the patch itself wanted it so. */
export function jsonPatchOutcome(
  current: unknown,
  patch: unknown,
):
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly failedTest: boolean; readonly problem: string } {
  try {
    return { ok: true, value: jsonPatched(current, patch) };
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    return { ok: false, failedTest: error instanceof TestFailed, problem: error.message };
  }
}

/** Lists of custom resources have no merge keys that a strategic patch could go by. */
const CUSTOM_PATCHES = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml'];

function statusOfFault({ fault, message }: PatchError): KubeStatus {
  switch (fault) {
    case 'malformed':
      return statusOf.badRequest(message);
    case 'inapplicable':
      return statusOf.unprocessable(message);
    case 'too large':
      return statusOf.tooLarge(message);
  }
}

function patched({ schema }: Expected, patchType: ClientPatchType, current: KubeObject, patch: unknown): unknown {
  switch (patchType) {
    case 'json':
      return jsonPatched(current, patch);
    case 'merge':
      if (!isJsonObject(patch)) {
        throw new PatchError('malformed', `error decoding patch: ${typeProblem(patch, 'map[string]interface {}')}`);
      }
      return mergePatch(current, patch);
    case 'strategic':
      return strategicallyPatched(current, patch, schema as string);
  }
}
