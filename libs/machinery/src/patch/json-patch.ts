import { JsonPatchError, type Operation, applyPatch } from 'fast-json-patch';
import { PatchError } from './patch-error';

const MAX_OPERATIONS = 10_000;
const OPERATIONS = ['add', 'remove', 'replace', 'move', 'copy', 'test'];

function checkShape(patch: unknown): Operation[] {
  if (!Array.isArray(patch)) {
    throw new PatchError('malformed', 'error decoding patch: a JSON patch is a list of operations');
  }
  if (patch.length > MAX_OPERATIONS) {
    throw new PatchError(
      'malformed',
      `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`,
    );
  }
  for (const operation of patch as Partial<Operation>[]) {
    if (!OPERATIONS.includes(operation?.op ?? '')) {
      throw new PatchError('malformed', `Unexpected kind: ${String(operation?.op)}`);
    }
  }
  return patch as Operation[];
}

/** RFC 6902. Answers a new document; neither argument changes. */
export function jsonPatched(current: unknown, patch: unknown): unknown {
  const operations = checkShape(patch);
  try {
    return applyPatch(current, operations, true, false).newDocument;
  } catch (error) {
    if (error instanceof JsonPatchError) throw new PatchError('inapplicable', sentence(error));
    // The library refuses paths into prototypes with a plain TypeError.
    if (error instanceof TypeError) throw new PatchError('inapplicable', error.message);
    throw error;
  }
}

function sentence(error: JsonPatchError): string {
  const operation = error.operation as Operation | undefined;
  const path = operation?.path ?? '';
  if (error.name === 'TEST_OPERATION_FAILED') return `testing value ${path} failed: test failed`;
  if (error.name === 'OPERATION_PATH_UNRESOLVABLE' || error.name === 'OPERATION_FROM_UNRESOLVABLE') {
    return `${operation?.op ?? ''} operation does not apply: doc is missing path: ${path}: missing value`;
  }
  return (error.message.split('\n')[0] ?? error.name).trim();
}
