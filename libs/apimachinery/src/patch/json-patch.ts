import { JSON_PATCH_COPY_BYTES, JSON_PATCH_OPERATIONS, OBJECT_DEPTH, isDeeperThan } from '@shiplog/contracts';
import { sameJson } from '../values/equal';
import { wordOf } from '../values/excerpt';
import { typeProblem } from '../values/json-problem';
import { JsonDocument, NoSuchPlace } from './json-document';
import { stepsOf } from './json-pointer';
import { PatchError, TestFailed } from './patch-error';
import { Steps } from './steps';

interface Operation {
  readonly op: string;
  readonly path?: unknown;
  readonly from?: unknown;
  readonly value?: unknown;
}

const OPERATIONS: readonly unknown[] = ['add', 'remove', 'replace', 'move', 'copy', 'test'];

function checkShape(patch: unknown): readonly Operation[] {
  if (!Array.isArray(patch)) {
    throw new PatchError('malformed', `error decoding patch: ${typeProblem(patch, '[]interface {}')}`);
  }
  if (patch.length > JSON_PATCH_OPERATIONS) {
    throw new PatchError(
      'too large',
      `The allowed maximum operations in a JSON patch is ${JSON_PATCH_OPERATIONS}, got ${patch.length}`,
    );
  }
  for (const operation of patch as readonly (Operation | null)[]) {
    if (!OPERATIONS.includes(operation?.op)) {
      throw new PatchError('malformed', `Unexpected kind: ${wordOf(operation?.op)}`);
    }
  }
  return patch as readonly Operation[];
}

/**
 * RFC 6902. Answers a new document; neither argument changes. Its cost follows from the sizes of both: what operations could
 * multiply (copies, moves within long lists) has a budget, as has the depth of what comes out.
 */
export function jsonPatched(current: unknown, patch: unknown): unknown {
  const operations = checkShape(patch);
  const run = new Run(current, operations);
  for (const operation of operations) run.apply(operation);
  const { root } = run.document;
  if (isDeeperThan(root, OBJECT_DEPTH)) {
    throw new PatchError('malformed', `the result of the patch is nested deeper than ${OBJECT_DEPTH} levels`);
  }
  return root;
}

/** One patch being applied. */
class Run {
  readonly document: JsonDocument;
  #copied = 0;

  constructor(current: unknown, operations: readonly Operation[]) {
    this.document = new JsonDocument(current, new Steps(current, operations));
  }

  apply(operation: Operation): void {
    try {
      this.#apply(operation, stepsOf(operation.path, 'path'));
    } catch (error) {
      if (!(error instanceof NoSuchPlace)) throw error;
      const { op, path, from } = operation;
      const place = wordOf(op === 'move' || op === 'copy' ? from : path);
      throw new PatchError(
        'inapplicable',
        `${op} operation does not apply: doc is missing path: ${place}: missing value`,
      );
    }
  }

  #apply(operation: Operation, path: readonly string[]): void {
    const { document } = this;
    switch (operation.op) {
      case 'add':
        return document.add(path, valueOf(operation));
      case 'replace':
        return document.replace(path, valueOf(operation));
      case 'remove':
        document.remove(path);
        return;
      case 'move':
        return document.add(path, document.remove(stepsOf(operation.from, 'from')));
      case 'copy':
        return document.add(path, this.#copyOf(document.get(stepsOf(operation.from, 'from'))));
      default:
        return this.#test(operation, path);
    }
  }

  #test(operation: Operation, path: readonly string[]): void {
    if (sameJson(this.document.get(path), valueOf(operation))) return;
    throw new TestFailed(`testing value ${wordOf(operation.path)} failed: test failed`);
  }

  #copyOf(value: unknown): unknown {
    if (isDeeperThan(value, OBJECT_DEPTH)) {
      throw new PatchError('malformed', `what is copied is nested deeper than ${OBJECT_DEPTH} levels`);
    }
    const text = JSON.stringify(value);
    this.#copied += Buffer.byteLength(text);
    if (this.#copied > JSON_PATCH_COPY_BYTES) {
      throw new PatchError(
        'too large',
        `Unable to complete the copy, the accumulated size increase of copy operations is ${this.#copied}, exceeding the limit ${JSON_PATCH_COPY_BYTES}`,
      );
    }
    return JSON.parse(text) as unknown;
  }
}

function valueOf({ op, value }: Operation): unknown {
  if (value === undefined) throw new PatchError('inapplicable', `${op} operation has no value`);
  return value;
}
