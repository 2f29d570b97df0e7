import { KUBERNETES_API, type ApiSchema } from '@shiplog/contracts';
import { builtInDefinition } from '../../../../libs/representation/src/openapi/definition-names';
import { bytesField, message, repeated, textField } from '../../../../libs/representation/src/openapi/wire';
import table from '../../../../libs/representation/src/protobuf/fields.json';

const FIELDS = table.fields as Readonly<Record<string, Readonly<Record<string, string>> | undefined>>;
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const EXTENSIONS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';
const MAGIC = Uint8Array.from([0x6b, 0x38, 0x73, 0]);
const REFERENCE = '#/definitions/';

type Fields = Readonly<Record<string, unknown>>;

/** An object of a built-in kind as client-go sends it: `application/vnd.kubernetes.protobuf`. Undefined for other kinds, and for Shiplog's own, which are JSON alone. */
export function protobufOf(
  object: Fields & { readonly apiVersion: string; readonly kind: string },
): Buffer | undefined {
  const [version = '', group = ''] = object.apiVersion.split('/').reverse();
  const definition = builtInDefinition(group, version, object.kind);
  if (definition === undefined || FIELDS[definition] === undefined) return undefined;
  const type = message(textField(1, object.apiVersion), textField(2, object.kind));
  return Buffer.from(message(MAGIC, bytesField(1, type), bytesField(2, messageOf(definition, object))));
}

function messageOf(definition: string, object: Fields): Uint8Array {
  const properties = KUBERNETES_API.definitions[definition]?.properties ?? {};
  return message(...fieldsOf(definition, properties, object));
}

function fieldsOf(owner: string, properties: Readonly<Record<string, ApiSchema>>, object: Fields): Uint8Array[] {
  return Object.entries(FIELDS[owner] ?? {}).map(([number, name]) => {
    if (name.startsWith('+')) return present(Number(number), message(...fieldsOf(name.slice(1), properties, object)));
    const [schema, value] = [properties[name], object[name]];
    return schema === undefined || value === undefined || value === null
      ? new Uint8Array()
      : fieldOf(Number(number), schema, value);
  });
}

function present(number: number, value: Uint8Array): Uint8Array {
  return value.length === 0 ? value : message(bytesField(number, value));
}

/** Values of another type than the schema's, as a mutation may have made them, are left out. */
function fieldOf(number: number, schema: ApiSchema, value: unknown): Uint8Array {
  if (schema.type === 'array')
    return repeated(Array.isArray(value) ? value : [], (item) => valueOf(number, schema.items ?? {}, item));
  const { additionalProperties: values } = schema;
  if (values === undefined) return valueOf(number, schema, value);
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return repeated(entries, ([key, of]) => bytesField(number, message(textField(1, key), valueOf(2, values, of))));
}

function valueOf(number: number, schema: ApiSchema, value: unknown): Uint8Array {
  if (schema.$ref !== undefined) {
    const bytes = referenceOf(schema.$ref.slice(REFERENCE.length), value);
    return bytes === undefined ? new Uint8Array() : message(bytesField(number, bytes));
  }
  if (typeof value === 'number' || typeof value === 'boolean') return numberField(number, Number(value));
  if (typeof value !== 'string') return new Uint8Array();
  const isBase64 = schema.format === 'byte';
  return message(isBase64 ? bytesField(number, Buffer.from(value, 'base64')) : textField(number, value));
}

function referenceOf(definition: string, value: unknown): Uint8Array | undefined {
  switch (definition) {
    case 'io.k8s.apimachinery.pkg.api.resource.Quantity':
      return message(textField(1, String(value)));
    case 'io.k8s.apimachinery.pkg.util.intstr.IntOrString':
      return typeof value === 'number'
        ? numberField(2, value)
        : message(numberField(1, 1), textField(3, String(value)));
    case `${META}.Time`:
    case `${META}.MicroTime`:
      return timeOf(String(value));
    case `${META}.FieldsV1`:
    case 'io.k8s.apimachinery.pkg.runtime.RawExtension':
    case `${EXTENSIONS}.JSON`:
      return message(textField(1, JSON.stringify(value)));
    case `${EXTENSIONS}.JSONSchemaPropsOrArray`:
    case `${EXTENSIONS}.JSONSchemaPropsOrStringArray`:
      return schemaOr(1, value);
    case `${EXTENSIONS}.JSONSchemaPropsOrBool`:
      return typeof value === 'boolean' ? numberField(1, Number(value)) : schemaOr(2, value);
    default:
      return typeof value === 'object' && value !== null ? messageOf(definition, value as Fields) : undefined;
  }
}

/** A schema under a number; a list, of schemas or of names, under 2. */
function schemaOr(number: number, value: unknown): Uint8Array {
  const schemaOf = (schema: unknown): Uint8Array =>
    messageOf(`${EXTENSIONS}.JSONSchemaProps`, (schema ?? {}) as Fields);
  if (!Array.isArray(value)) return message(bytesField(number, schemaOf(value)));
  return repeated(value, (item) => (typeof item === 'string' ? textField(2, item) : bytesField(2, schemaOf(item))));
}

function timeOf(text: string): Uint8Array {
  const milliseconds = Date.parse(text) || 0;
  const seconds = Math.floor(milliseconds / 1_000);
  return message(numberField(1, seconds), numberField(2, (milliseconds - seconds * 1_000) * 1e6));
}

/** A number as a varint, negative ones in ten bytes. */
function numberField(number: number, value: number): Uint8Array {
  return Uint8Array.from([
    ...varint(BigInt(number) << 3n),
    ...varint(BigInt(Number.isFinite(value) ? Math.trunc(value) : 0)),
  ]);
}

function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}
