import { isJsonObject, setField } from '@shiplog/apimachinery';
import { CelError } from '../functions/texts';
import { Constructed } from './mutation-types';

/** A JSON value as CEL sees it where its type is not known: objects are maps, whole numbers are integers. */
export function toCel(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  // A list of this realm, wherever the value was made: the library knows no other.
  if (Array.isArray(value)) return Array.from(value as unknown[], toCel);
  if (!isJsonObject(value)) return value ?? null;
  const map = new Map<string, unknown>();
  for (const key of Object.keys(value)) if (value[key] !== undefined) map.set(key, toCel(value[key]));
  return map;
}

/** A value that an expression came to, as JSON. Throws a CelError for what JSON has no form of. */
export function fromCel(value: unknown): unknown {
  switch (typeof value) {
    case 'bigint':
      return Number(value);
    case 'string':
    case 'boolean':
    case 'number':
      return value;
    case 'object':
      return value === null ? null : jsonOf(value);
    default:
      throw new CelError(`no JSON can be made of a ${typeof value}`);
  }
}

function jsonOf(value: object): unknown {
  if (Array.isArray(value)) return value.map(fromCel);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  const object: Record<string, unknown> = {};
  for (const [key, item] of entriesOf(value)) {
    if (typeof key !== 'string') throw new CelError('a JSON object has texts for keys');
    setField(object, key, fromCel(item));
  }
  return object;
}

function entriesOf(value: object): Iterable<readonly [unknown, unknown]> {
  if (value instanceof Map) return value;
  if (value instanceof Constructed) return value.fields;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return Object.entries(value);
  throw new CelError(`no JSON can be made of ${value.constructor.name}`);
}
