import type { KubeObject, KubeStatus, PatchType, ResourceId } from '@shiplog/contracts';
import { type Result, ok, refused } from '../result';
import { expectedAt } from '../schema/decode';
import { statusOf } from '../status';
import { jsonPatched } from './json-patch';
import { isJsonObject } from '../values/json-object';
import { typeProblem } from '../values/json-problem';
import { mergePatch } from './merge-patch';
import { PatchError } from './patch-error';
import { strategicallyPatched } from './strategic-patch';

/**
 * Applies a client's patch to an object (or to its Scale, told by its kind). The result is what the client would have sent
 * with a PUT: it still has to pass `admitUpdate`. 400 for a malformed patch, 413 for one that costs more than a patch may, 422
 * for one that does not fit the object.
 */
export function applyPatch(
  resource: ResourceId,
  patchType: PatchType,
  current: KubeObject,
  patch: unknown,
): Result<KubeObject> {
  try {
    const result = patched(resource, patchType, current, patch);
    if (!isJsonObject(result)) throw new PatchError('inapplicable', 'the result of the patch is no object');
    return ok(result as KubeObject);
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    return refused(statusOfFault(error));
  }
}

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

function patched(resource: ResourceId, patchType: PatchType, current: KubeObject, patch: unknown): unknown {
  switch (patchType) {
    case 'json':
      return jsonPatched(current, patch);
    case 'merge':
      if (!isJsonObject(patch)) {
        throw new PatchError('malformed', `error decoding patch: ${typeProblem(patch, 'map[string]interface {}')}`);
      }
      return mergePatch(current, patch);
    case 'strategic': {
      const { definition } = expectedAt(resource, current.kind === 'Scale' ? 'scale' : undefined);
      return strategicallyPatched(current, patch, definition);
    }
  }
}
