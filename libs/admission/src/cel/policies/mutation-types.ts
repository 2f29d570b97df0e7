import { type Environment, Optional } from '@marcbachmann/cel-js';
import { CelError } from '../functions/texts';

/** What `Object{…}`, `Object.spec{…}` and `JSONPatch{…}` come to: their fields, and of what type they said to be. */
export class Constructed {
  constructor(
    readonly type: string,
    readonly fields: ReadonlyMap<string, unknown>,
  ) {}
}

export const CONSTRUCTED_TYPE = 'kubernetes.Constructed';
/** The function that a constructor is written as before it is compiled: no name that a user can write. */
export const CONSTRUCT = 'kubernetes__construct';

/** Before the name of a field that is there if its value is. */
export const OPTIONAL = '?';

/** How Kubernetes' mutations make objects, and the function by which parts of a JSON pointer are written. */
export function registerMutations(env: Environment): void {
  env.registerType(CONSTRUCTED_TYPE, { ctor: Constructed, fields: {} });
  env.registerFunction(`${CONSTRUCT}(string, map<dyn, dyn>): ${CONSTRUCTED_TYPE}`, construct);
  class JsonPatches {}
  env.registerType('kubernetes.JsonPatches', { ctor: JsonPatches, fields: {} });
  env.registerConstant('jsonpatch', 'kubernetes.JsonPatches', new JsonPatches());
  env.registerFunction('kubernetes.JsonPatches.escapeKey(string): string', (_: JsonPatches, key: string) =>
    key.replaceAll('~', '~0').replaceAll('/', '~1'),
  );
}

function construct(type: string, given: unknown): Constructed {
  const entries = given instanceof Map ? [...(given as Map<string, unknown>)] : Object.entries(given as object);
  const fields = new Map<string, unknown>();
  for (const [key, value] of entries) {
    if (!key.startsWith(OPTIONAL)) fields.set(key, value);
    else if (!(value instanceof Optional))
      throw new CelError(`cannot initialize optional entry '${key}' from non-optional value`);
    else if (value.hasValue()) fields.set(key.slice(OPTIONAL.length), value.value());
  }
  if (type !== 'JSONPatch') for (const [field, value] of fields) checkType(value, `${type}.${field}`);
  return new Constructed(type, fields);
}

/** An object for a field says of which field it is. */
function checkType(value: unknown, expected: string): void {
  const [first] = Array.isArray(value) ? (value as unknown[]) : [value];
  if (!(first instanceof Constructed) || first.type === expected) return;
  throw new CelError(
    `unexpected type name "${first.type}", expected "${expected}", which matches field name path from root Object type`,
  );
}
