import type { StructuralSchema } from '@shiplog/contracts';
import { isJsonObject, setField } from '../values/json-object';
import { decoderOf } from './compile';
import { DecodeError, type Decoder, Decoding } from './decoding';
import { withSchemaDefaults } from './structural-defaults';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const PRESERVE = 'x-kubernetes-preserve-unknown-fields';

const compiled = new WeakMap<StructuralSchema, Decoder>();

/**
 * The decoder of a structural schema: a copy without the fields that the schema does not know, as Kubernetes prunes custom
 * resources, and with its defaults. Other values are taken as they are: what they must be is for validation to say.
 */
export function structuralDecoderOf(schema: StructuralSchema): Decoder {
  let decoder = compiled.get(schema);
  if (decoder === undefined) {
    compiled.set(schema, (decoder = (value, on) => defaulted(schema, objectOf(schema, value, on))));
  }
  return decoder;
}

function defaulted(schema: StructuralSchema, object: unknown): unknown {
  const { value, tooLarge } = withSchemaDefaults(schema, object);
  if (tooLarge) throw new DecodeError('the defaults of its schema make the object too large');
  return value;
}

/** A value, such as a default, without the fields that its schema does not know. */
export function prunedBy(schema: StructuralSchema, value: unknown): unknown {
  return pruned(schema, value, new Decoding());
}

/** An object of the API, at the root or embedded: what it is and its metadata are read as of every object. */
function objectOf(schema: StructuralSchema, value: unknown, on: Decoding): unknown {
  if (!isJsonObject(value)) return value;
  const { apiVersion, kind, metadata, ...rest } = value;
  const known = pruned({ ...schema, 'x-kubernetes-embedded-resource': false }, rest, on) as Record<string, unknown>;
  return {
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(kind === undefined ? {} : { kind }),
    ...(isJsonObject(metadata) ? { metadata: within(on, 'metadata', () => decoderOf(META)(metadata, on)) } : {}),
    ...known,
  };
}

function pruned(schema: StructuralSchema, value: unknown, on: Decoding): unknown {
  if (schema['x-kubernetes-embedded-resource'] === true) return objectOf(schema, value, on);
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? value : value.map((item, i) => within(on, i, () => pruned(items, item, on)));
  }
  return isJsonObject(value) ? fieldsOf(schema, value, on) : value;
}

function fieldsOf(schema: StructuralSchema, value: Record<string, unknown>, on: Decoding): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const field of Object.keys(value)) {
    const of = schemaOf(schema, field);
    if (of === undefined) on.unknown?.push(on.at(field));
    else setField(copy, field, of === true ? value[field] : within(on, field, () => pruned(of, value[field], on)));
  }
  return copy;
}

/** Of a field; true: whatever it holds is kept, undefined: it is not known. */
function schemaOf(schema: StructuralSchema, field: string): StructuralSchema | true | undefined {
  const { properties = {}, additionalProperties = false } = schema;
  if (Object.hasOwn(properties, field)) return properties[field];
  if (additionalProperties !== false) return additionalProperties;
  return schema[PRESERVE] === true ? true : undefined;
}

function within<T>(on: Decoding, step: string | number, read: () => T): T {
  on.path.push(step);
  const result = read();
  on.path.pop();
  return result;
}
