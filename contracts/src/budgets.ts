/**
 * What one input may cost at most. Every door asks here: the api for bodies of requests, the bus for messages, the journal
 * for what it decides. One thread decides for all, so the cost of deciding must follow from the size of what was sent.
 */

/** Bytes of a request's body, and of an object as it is kept: apiserver's MaxRequestBodyBytes (server/config.go). */
export const OBJECT_BYTES = 3 * 1024 * 1024;

/** Levels on which objects and lists may stand in one another within an object or a patch. No kind that is served comes near; what reads them is recursive. */
export const OBJECT_DEPTH = 200;

/** As OBJECT_DEPTH for a whole message: an object within its command within its batch. */
export const MESSAGE_DEPTH = OBJECT_DEPTH + 10;

/** Operations of a JSON patch: apiserver's maxJSONPatchOperations (endpoints/handlers/patch.go). */
export const JSON_PATCH_OPERATIONS = 10_000;

/** Bytes that the copy operations of a JSON patch may add up to: apiserver's JSONPatchMaxCopyBytes (server/config.go). */
export const JSON_PATCH_COPY_BYTES = 3 * 1024 * 1024;

/**
 * Items and fields that a patch may copy or move, all its operations together: so many, and beyond them so many for each
 * value that the object and the patch hold. A patch that names each place once copies each once; one that merges the same
 * large list again and again is refused.
 */
export const PATCH_STEPS = 50_000;
export const PATCH_STEPS_PER_PLACE = 3;

/** Characters (runes) of one warning, and of all warnings of an answer: apiserver's endpoints/filters/warning.go. */
export const WARNING_RUNES = 256;
export const WARNINGS_RUNES = 4096;

/** What is wrong with an object, in an answer: so many causes, and characters in all of them. The first ones help; the answer must fit into a message. */
export const CAUSES = 1_000;
export const CAUSES_CHARACTERS = 256 * 1024;

/** Characters of a refusal's message, which may repeat what was sent. */
export const STATUS_CHARACTERS = 2 * CAUSES_CHARACTERS;

/** Bytes of the name of a field manager: FieldManagerMaxLength (apimachinery/pkg/apis/meta/v1/validation). */
export const FIELD_MANAGER_BYTES = 128;

/** Managers of one object: each of them is looked at with every change of it. Few objects have ten. */
export const FIELD_MANAGERS = 256;

/** Characters of a label or field selector: what fits into a URL. */
export const SELECTOR_CHARACTERS = 16 * 1024;

/** Seconds of grace, 68 years: more is taken for as much, so that the moment of the end stays a time that all can write. */
export const GRACE_SECONDS = 2 ** 31 - 1;

/**
 * Whether objects and lists stand in one another on more than so many levels. Goes no deeper than that itself, so it can be
 * asked of anything that JSON.parse made (which does not recurse).
 */
export function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) {
    for (const item of value) if (isDeeperThan(item, levels - 1)) return true;
    return false;
  }
  for (const key in value) if (isDeeperThan((value as Record<string, unknown>)[key], levels - 1)) return true;
  return false;
}

/**
 * Whether a JSON value takes more than so many bytes as UTF-8 text. Most are far too small to be worth counting: of their
 * texts only the lengths are looked at.
 */
export function isLargerThan(value: unknown, bytes: number): boolean {
  return mostBytes(value) > bytes && Buffer.byteLength(JSON.stringify(value) ?? '') > bytes;
}

/** A character takes six bytes in JSON at most, as an escape such as `\u001f`; a number has at most 24, and a sign between. */
const CHARACTER = 6;
const SCALAR = 25;

/** Bytes that a JSON value's text can't exceed. */
function mostBytes(value: unknown): number {
  if (typeof value === 'string') return CHARACTER * value.length + 3;
  if (typeof value !== 'object' || value === null) return SCALAR;
  let sum = 3;
  if (Array.isArray(value)) {
    for (const item of value) sum += mostBytes(item);
    return sum;
  }
  for (const key in value) {
    sum += CHARACTER * key.length + 4 + mostBytes((value as Record<string, unknown>)[key]);
  }
  return sum;
}

/** Warnings that come with one answer, at most: more are not read by anybody. */
export const WARNINGS = 64;
