import type { Environment } from '@marcbachmann/cel-js';
import { isJsonObject } from '@shiplog/apimachinery';
import { CelError } from './functions/texts';
import { additionalOf, itemsOf, type SchemaProps } from '../definitions/types';

/** A schema as CEL sees it: the name of its type, and its values. */
export interface CelType {
  readonly name: string;
  /** The value of CEL for one of JSON; of an object of the schema, an instance of its own class. */
  convert(value: unknown): unknown;
}

/** Words of the language that no field can be called by. */
const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(' '),
); // prettier-ignore

/** What CEL calls a field; undefined for one that can't be named (apiserver's cel.Escape). */
export function celFieldName(name: string): string | undefined {
  if (RESERVED.has(name)) return `__${name}__`;
  const escaped = name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(escaped) ? escaped : undefined;
}

const TIMESTAMP = 'google.protobuf.Timestamp';
const DURATION = 'google.protobuf.Duration';
const TEXT_TYPES: ReadonlyMap<string, string> = new Map([
  ['date', TIMESTAMP],
  ['date-time', TIMESTAMP],
  ['datetime', TIMESTAMP],
  ['duration', DURATION],
  ['byte', 'bytes'],
]);

/** Types that one schema may have: each makes the environment of every rule slower to make. */
const MOST_TYPES = 1_000;

/**
 * Declares types in an environment, one for each schema of an object that an expression can come to. A field that no expression
 * names is there for comparisons, but has no type: most objects of a chart's schemas are never spoken of.
 */
export class CelTypes {
  readonly #known = new Map<SchemaProps, CelType | undefined>();
  #count = 0;

  constructor(
    private readonly env: Environment,
    /** Every name in the expressions that the types are for. */
    private readonly named: ReadonlySet<string>,
    /** Reads what CEL has types for beyond JSON. */
    private readonly parse: Record<'timestamp' | 'duration', (text: string) => unknown>,
  ) {}

  /** The type of a schema; undefined for what rules can't see, such as fields of which nothing is known. */
  of(schema: SchemaProps, isRoot = false): CelType | undefined {
    if (this.#known.has(schema)) return this.#known.get(schema);
    const type = this.#make(schema, isRoot);
    this.#known.set(schema, type);
    return type;
  }

  #make(schema: SchemaProps, isRoot: boolean): CelType | undefined {
    if (schema['x-kubernetes-int-or-string'] === true) return DYN;
    const type = this.#makeTyped(schema, isRoot || schema['x-kubernetes-embedded-resource'] === true);
    return type !== undefined && schema.nullable === true ? { name: 'dyn', convert: orNull(type) } : type;
  }

  #makeTyped(schema: SchemaProps, isObject: boolean): CelType | undefined {
    switch (schema.type) {
      case 'integer':
        return INT;
      case 'number':
        return { name: 'double', convert: (value) => value };
      case 'boolean':
        return { name: 'bool', convert: (value) => value };
      case 'string':
        return this.#text(TEXT_TYPES.get(schema.format ?? '') ?? 'string');
      case 'array':
        return this.#list(itemsOf(schema));
      case 'object':
        return this.#map(additionalOf(schema)) ?? this.#struct(schema, isObject);
      default:
        return undefined;
    }
  }

  #text(name: string): CelType {
    const { timestamp, duration } = this.parse;
    const read = name === TIMESTAMP ? timestamp : name === DURATION ? duration : undefined;
    const bytes = (value: unknown): unknown =>
      typeof value === 'string' ? new Uint8Array(Buffer.from(value, 'base64')) : value;
    if (name === 'bytes') return { name, convert: bytes };
    return { name, convert: (value) => (read === undefined || typeof value !== 'string' ? value : read(value)) };
  }

  #list(items: SchemaProps | undefined): CelType | undefined {
    const item = items === undefined ? undefined : this.of(items);
    if (item === undefined) return undefined;
    const convert = (value: unknown): unknown =>
      Array.isArray(value) ? value.map((part) => item.convert(part)) : value;
    return { name: `list<${item.name}>`, convert: remembered(convert) };
  }

  #map(values: SchemaProps | undefined): CelType | undefined {
    const of = values === undefined ? undefined : this.of(values);
    if (of === undefined) return undefined;
    const convert = (value: unknown): unknown =>
      isJsonObject(value) ? new Map(Object.entries(value).map(([key, part]) => [key, of.convert(part)])) : value;
    return { name: `map<string, ${of.name}>`, convert: remembered(convert) };
  }

  #struct({ properties = {} }: SchemaProps, isObject: boolean): CelType {
    if (this.#count >= MOST_TYPES)
      throw new CelError(`the rules of a schema may speak of ${MOST_TYPES} objects at most`);
    const fields = new Map<string, readonly [string, CelType]>();
    const all = isObject ? { ...OBJECT_FIELDS, ...properties, metadata: METADATA } : properties;
    const ctor = class {};
    const name = `Object${this.#count++}`;
    for (const [field, schema] of Object.entries(all)) {
      const celName = celFieldName(field);
      const type = celName !== undefined && this.named.has(celName) ? this.of(schema) : UNSEEN;
      if (type !== undefined) fields.set(field, [celName ?? field, type]);
    }
    const declared = [...fields.values()]
      .filter(([, type]) => type !== UNSEEN)
      .map(([celName, type]) => [celName, type.name]);
    this.env.registerType(name, { ctor, fields: Object.fromEntries(declared) as Record<string, string> });
    this.env.registerOperator(`${name} == ${name}`, sameValue);
    const convert = (value: unknown): unknown => {
      if (!isJsonObject(value)) return value;
      const struct = new ctor() as Record<string, unknown>;
      for (const field of Object.keys(value)) {
        const known = fields.get(field);
        if (known !== undefined) struct[known[0]] = known[1].convert(value[field]);
      }
      return struct;
    };
    return { name, convert: remembered(convert) };
  }
}

const integer = (value: unknown): unknown =>
  typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value;
const INT: CelType = { name: 'int', convert: integer };
/** Of a field that nothing speaks of. */
const UNSEEN: CelType = { name: 'dyn', convert: (value) => value };
const DYN: CelType = { name: 'dyn', convert: integer };
const TEXT: SchemaProps = { type: 'string' };
const OBJECT_FIELDS: Record<string, SchemaProps> = { apiVersion: TEXT, kind: TEXT };
const METADATA: SchemaProps = { type: 'object', properties: { name: TEXT, generateName: TEXT } };

const orNull =
  ({ convert }: CelType) =>
  (value: unknown): unknown =>
    value === null ? null : convert(value);

/** Each object and list is converted once, however many rules look at it or at what holds it. */
function remembered(convert: (value: unknown) => unknown): (value: unknown) => unknown {
  const made = new WeakMap<object, unknown>();
  return (value) => {
    if (typeof value !== 'object' || value === null) return value;
    let known = made.get(value);
    if (known === undefined) made.set(value, (known = convert(value)));
    return known;
  };
}

/** Equality of values of one type. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => sameValue(item, b[i]));
  if (a instanceof Map) {
    if (!(b instanceof Map) || a.size !== b.size) return false;
    return [...a].every(([key, value]) => b.has(key) && sameValue(value, b.get(key)));
  }
  if (a instanceof Date) return b instanceof Date && a.getTime() === b.getTime();
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => sameValue(left[name], right[name]));
}
