import { KUBERNETES_API, type ApiSchema } from '@shiplog/contracts';
import { bytesField, message, textField } from '../../openapi/wire';
import table from '../fields.json';

const FIELDS = table.fields as Readonly<Record<string, Readonly<Record<string, string>> | undefined>>;
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const EXTENSIONS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';

type Json = Record<string, unknown>;

/** An object as client-go sends it in protobuf, written from its JSON by the same table of field numbers. */
export function encodeKubernetesProtobuf(
  definition: string,
  object: Json & { apiVersion: string; kind: string },
): Uint8Array {
  const type = message(textField(1, object.apiVersion), textField(2, object.kind));
  const { apiVersion: _apiVersion, kind: _kind, ...content } = object;
  const raw = messageOf(definition, content);
  return message(Uint8Array.from([0x6b, 0x38, 0x73, 0]), bytesField(1, type), bytesField(2, raw));
}

function messageOf(
  definition: string,
  object: Json,
  properties = KUBERNETES_API.definitions[definition]?.properties ?? {},
): Uint8Array {
  const fields: (Uint8Array | undefined)[] = [];
  for (const [number, name] of Object.entries(FIELDS[definition] ?? {})) {
    if (name.startsWith('+')) {
      const inner = messageOf(name.slice(1), object, properties);
      if (inner.length > 0) fields.push(bytesField(Number(number), inner));
    } else if (Object.hasOwn(object, name)) fields.push(fieldOf(Number(number), properties[name] ?? {}, object[name]));
  }
  return message(...fields);
}

function fieldOf(number: number, schema: ApiSchema, value: unknown): Uint8Array | undefined {
  if (schema.type === 'array')
    return message(...(value as unknown[]).map((item) => fieldOf(number, schema.items ?? {}, item)));
  const { additionalProperties } = schema;
  if (additionalProperties !== undefined) {
    const entries = Object.entries(value as Json).map(([key, item]) => {
      // A list is a message of its own there.
      const field = fieldOf(additionalProperties.type === 'array' ? 1 : 2, additionalProperties, item);
      const held = additionalProperties.type === 'array' ? bytesField(2, field) : field;
      return bytesField(number, message(textField(1, key), held));
    });
    return message(...entries);
  }
  if (schema.$ref !== undefined)
    return bytesField(number, referenceOf(schema.$ref.slice('#/definitions/'.length), value));
  switch (schema.type) {
    case 'integer':
    case 'boolean':
      return message(varint(BigInt(number << 3)), varint(BigInt.asUintN(64, BigInt(Number(value)))));
    case 'number':
      return message(varint(BigInt((number << 3) | 1)), doubleOf(value as number));
    default:
      return schema.format === 'byte'
        ? bytesField(number, Buffer.from(value as string, 'base64'))
        : textField(number, value as string);
  }
}

function referenceOf(definition: string, value: unknown): Uint8Array {
  switch (definition) {
    case 'io.k8s.apimachinery.pkg.api.resource.Quantity':
      return message(textField(1, value as string));
    case 'io.k8s.apimachinery.pkg.util.intstr.IntOrString':
      return typeof value === 'string'
        ? message(integer(1, 1), integer(2, 0), textField(3, value))
        : message(integer(1, 0), integer(2, value as number), textField(3, ''));
    case `${META}.Time`:
    case `${META}.MicroTime`: {
      const time = value as string;
      const micros = Number(/\.(\d{6})Z$/.exec(time)?.[1] ?? 0);
      return message(integer(1, Date.parse(`${time.slice(0, 19)}Z`) / 1000), integer(2, micros * 1000));
    }
    case `${META}.FieldsV1`:
    case 'io.k8s.apimachinery.pkg.runtime.RawExtension':
    case `${EXTENSIONS}.JSON`:
      return message(textField(1, JSON.stringify(value)));
    case `${EXTENSIONS}.JSONSchemaPropsOrBool`:
      return typeof value === 'boolean'
        ? message(integer(1, Number(value)))
        : message(integer(1, 1), schemaField(2, value));
    case `${EXTENSIONS}.JSONSchemaPropsOrArray`:
      return Array.isArray(value)
        ? message(...value.map((item) => schemaField(2, item)))
        : message(schemaField(1, value));
    case `${EXTENSIONS}.JSONSchemaPropsOrStringArray`:
      return Array.isArray(value)
        ? message(...value.map((item) => textField(2, item as string)))
        : message(schemaField(1, value));
    default:
      return messageOf(definition, value as Json);
  }
}

const schemaField = (number: number, value: unknown): Uint8Array | undefined =>
  bytesField(number, messageOf(`${EXTENSIONS}.JSONSchemaProps`, value as Json));

const integer = (number: number, value: number): Uint8Array =>
  message(varint(BigInt(number << 3)), varint(BigInt.asUintN(64, BigInt(value))));

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Uint8Array.from([...bytes, Number(rest)]);
}

function doubleOf(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return bytes;
}
