import { isJsonObject, setField } from '../values/json-object';
import { DecodeError, type Decoder, type Decoding, cleanJson } from './decoding';
import { type Schema, definition, referenceOf } from './definitions';
import pointerTexts from './pointer-texts.json';
import { NAMED_SCALARS, PLAIN_SCALARS } from './scalars';
import silentZeros from './silent-zeros.json';

/**
 * Turns each definition into a closure once; reading an object is then one walk over its own fields. An optional field
 * that is empty ('' or [] or {} of a map; 0 or false where Go has no pointer) is dropped, as Go's `omitempty` does, so that
 * "empty" and "absent" are stored alike; a required one that is absent gets its type's zero value, so that what the types promise is there.
 */

const compiled = new Map<string, Decoder>();

/** The decoder of a definition, for example `io.k8s.api.core.v1.Pod`. */
export function decoderOf(name: string): Decoder {
  const known = compiled.get(name);
  if (known !== undefined) return known;
  // A definition may contain itself: later lookups go through this until the closure stands.
  compiled.set(name, (value, on) => decoderOf(name)(value, on));
  const decoder = compileStruct(name, definition(name));
  compiled.set(name, decoder);
  return decoder;
}

const shortName = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

/** Optional texts that are pointers in Go: there '' says something (a lease that nobody holds, an unnamed port). */
const EMPTY_TEXT_SPEAKS = pointerTexts.fields as Readonly<Record<string, readonly string[] | undefined>>;
/** Optional numbers and truth values that are no pointers in Go: 0 and false are as good as none. */
const ZERO_IS_SILENT = silentZeros.fields as Readonly<Record<string, readonly string[] | undefined>>;

/** Fields that are read and thrown away: nothing tracks field ownership, and selfLink is history. */
const IGNORED: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta', new Set(['managedFields', 'selfLink'])],
]);

/** Required fields that are pointers in Go: one that is absent is missed by its kind's rules, which tell it from an empty one. */
const REQUIRED_BY_RULE: ReadonlyMap<string, string> = new Map(
  ['DaemonSetSpec', 'DeploymentSpec', 'ReplicaSetSpec', 'StatefulSetSpec'].map((spec) => [
    `io.k8s.api.apps.v1.${spec}`,
    'selector',
  ]),
);

interface Field {
  readonly decode: Decoder;
  readonly dropEmpty: boolean;
  readonly zero: unknown;
}

/** The value is known to be an object: whoever holds it has looked, and says so in its own name if not. */
function compileStruct(name: string, schema: Schema): Decoder {
  if (schema.properties === undefined) return (value) => cleanJson(value);
  const struct = shortName(name);
  const required = new Set((schema.required ?? []).filter((field) => REQUIRED_BY_RULE.get(name) !== field));
  const fields = new Map<string, Field>();
  for (const [field, of] of Object.entries(schema.properties)) {
    if (IGNORED.get(name)?.has(field) === true) {
      fields.set(field, { decode: () => undefined, dropEmpty: false, zero: undefined });
      continue;
    }
    const dropEmpty = !required.has(field) && isSilentWhenEmpty(name, field, of);
    fields.set(field, { decode: compileValue(of, struct), dropEmpty, zero: zeroOf(of) });
  }
  const always = [...fields].filter(([field]) => required.has(field));
  return (value, on) => {
    const copy = readFields(value as Record<string, unknown>, fields, on);
    for (const [field, { decode, zero }] of always)
      if (copy[field] === undefined) setIfAny(copy, field, decode(zero, on));
    return copy;
  };
}

function isSilentWhenEmpty(name: string, field: string, schema: Schema): boolean {
  if (schema.type === 'array' || schema.additionalProperties !== undefined) return true;
  if (schema.type === 'string') return EMPTY_TEXT_SPEAKS[name]?.includes(field) !== true;
  return ZERO_IS_SILENT[name]?.includes(field) === true;
}

function readFields(
  source: Record<string, unknown>,
  fields: ReadonlyMap<string, Field>,
  on: Decoding,
): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const key in source) {
    const item = source[key];
    const field = fields.get(key);
    if (field === undefined) {
      on.unknown?.push(on.at(key));
      continue;
    }
    if (item === null || item === undefined) continue;
    on.path.push(key);
    const read = field.decode(item, on);
    on.path.pop();
    if (read === undefined || (field.dropEmpty && isEmpty(read))) continue;
    copy[key] = read;
  }
  return copy;
}

function setIfAny(copy: Record<string, unknown>, field: string, value: unknown): void {
  if (value !== undefined) copy[field] = value;
}

function isEmpty(value: unknown): boolean {
  if (value === '' || value === 0 || value === false) return true;
  if (typeof value !== 'object') return false;
  if (Array.isArray(value)) return value.length === 0;
  for (const key in value as object) if (Object.hasOwn(value as object, key)) return false;
  return true;
}

function compileValue(schema: Schema, struct: string): Decoder {
  const name = referenceOf(schema);
  if (name !== undefined) {
    return NAMED_SCALARS.get(name)?.(struct) ?? schemaHolder(name) ?? compileReference(name, struct);
  }
  if (schema.type === 'array') return compileList(schema.items ?? {}, struct);
  if (schema.type === 'object' && schema.additionalProperties !== undefined) {
    return compileMap(schema.additionalProperties, struct);
  }
  const scalar = PLAIN_SCALARS.get(`${schema.type}/${schema.format}`) ?? PLAIN_SCALARS.get(schema.type ?? '');
  return scalar?.(struct) ?? ((value) => cleanJson(value));
}

function compileReference(name: string, struct: string): Decoder {
  const decode = decoderOf(name);
  const goType = `v1.${shortName(name)}`;
  return (value, on) =>
    typeof value !== 'object' || value === null || Array.isArray(value)
      ? on.mismatch(value, struct, goType)
      : decode(value, on);
}

const APIEXTENSIONS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';

/** Where a schema stands, or something else of another JSON type: what Go's JSONSchemaPropsOr… types read. */
function schemaHolder(name: string): Decoder | undefined {
  const schema: Decoder = (value, on) => decoderOf(`${APIEXTENSIONS}.JSONSchemaProps`)(value, on);
  switch (name) {
    case `${APIEXTENSIONS}.JSONSchemaPropsOrBool`:
      return (value, on) => {
        if (typeof value === 'boolean') return value;
        if (isJsonObject(value)) return schema(value, on);
        throw new DecodeError('boolean or JSON schema expected');
      };
    case `${APIEXTENSIONS}.JSONSchemaPropsOrArray`:
    case `${APIEXTENSIONS}.JSONSchemaPropsOrStringArray`:
      return (value, on) => {
        if (isJsonObject(value)) return schema(value, on);
        if (!Array.isArray(value)) throw new DecodeError('JSON schema or array expected');
        return value.map((item) => (isJsonObject(item) ? schema(item, on) : item));
      };
    default:
      return undefined;
  }
}

function compileList(items: Schema, struct: string): Decoder {
  const decode = compileValue(items, struct);
  const goType = `[]${goTypeOf(items)}`;
  const zero = zeroOf(items);
  return (value, on) => {
    if (!Array.isArray(value)) return on.mismatch(value, struct, goType);
    // As long as it will be: one that grows has room for seventeen from its first item on, in every object of the state.
    const copy: unknown[] = value.slice();
    for (let i = 0; i < copy.length; i++) {
      on.path.push(i);
      copy[i] = decode(copy[i] ?? zero, on);
      on.path.pop();
    }
    return copy;
  };
}

function compileMap(values: Schema, struct: string): Decoder {
  const decode = compileValue(values, struct);
  const goType = `map[string]${goTypeOf(values)}`;
  const zero = zeroOf(values);
  return (value, on) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return on.mismatch(value, struct, goType);
    const copy: Record<string, unknown> = {};
    for (const key in value) {
      setField(copy, key, decode((value as Record<string, unknown>)[key] ?? zero, on));
    }
    return copy;
  };
}

function goTypeOf(schema: Schema): string {
  const name = referenceOf(schema);
  if (name !== undefined) return `v1.${shortName(name)}`;
  if (schema.type === 'array') return `[]${goTypeOf(schema.items ?? {})}`;
  if (schema.format === 'byte') return '[]uint8';
  return schema.type === 'integer'
    ? (schema.format ?? 'int64')
    : schema.type === 'boolean'
      ? 'bool'
      : (schema.type ?? 'string');
}

/** The zero value of a type, as in Go and in JSON: what a null in a list or map, or an absent required field, stands for. */
function zeroOf(schema: Schema): unknown {
  const name = referenceOf(schema);
  if (name !== undefined) return NAMED_SCALARS.has(name) ? NAMED_ZEROS.get(shortName(name)) : {};
  if (schema.type === 'array') return [];
  return schema.type === 'integer' || schema.type === 'number'
    ? 0
    : schema.type === 'boolean'
      ? false
      : schema.type === 'object'
        ? {}
        : '';
}

/** An absent time stays absent: its decoder makes nothing of ''. */
const NAMED_ZEROS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['Quantity', '0'],
  ['IntOrString', 0],
  ['Time', ''],
  ['MicroTime', ''],
]);
