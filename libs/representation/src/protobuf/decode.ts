import { KUBERNETES_API, type ApiSchema } from '@shiplog/contracts';
import { builtInDefinition } from '../openapi/definition-names';
import table from './fields.json';
import { MalformedProtobuf, readFields, type Span, type WireField } from './read-wire';

const FIELDS = table.fields as Readonly<Record<string, Readonly<Record<string, string>> | undefined>>;
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const EXTENSIONS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';
const SCHEMA = `${EXTENSIONS}.JSONSchemaProps`;
/** Messages in messages: only schemas come near, and JSON is not read deeper. */
const DEEPEST = 200;
const MAGIC = [0x6b, 0x38, 0x73, 0x00];
const utf8 = new TextDecoder('utf-8', { fatal: true });
const NOTHING: Span = { bytes: new Uint8Array(), from: 0, to: 0 };

/** What a client that has nothing to say for a field writes all the same, and JSON leaves out. (Pointers it does not write.) */
const OMITTED = table.omitted as Readonly<Record<string, readonly string[] | undefined>>;

type Json = Record<string, unknown>;

/**
 * An object that a client sent as `application/vnd.kubernetes.protobuf` (client-go's choice for built-in kinds since
 * Kubernetes 1.32), as the JSON it would have sent otherwise. Throws MalformedProtobuf when it is none, or of a kind whose
 * field numbers are not known.
 */
export function decodeKubernetesProtobuf(bytes: Uint8Array): Json {
  if (!MAGIC.every((byte, index) => bytes[index] === byte)) {
    throw new MalformedProtobuf('the body does not begin as a Kubernetes protobuf object does');
  }
  // runtime.Unknown: the type, then the object itself as bytes.
  const envelope = readFields({ bytes, from: MAGIC.length, to: bytes.length });
  const type = readFields(lastSpan(envelope, 1));
  const apiVersion = textOf(lastSpan(type, 1));
  const kind = textOf(lastSpan(type, 2));
  return { apiVersion, kind, ...decodeMessage(definitionFor(apiVersion, kind), lastSpan(envelope, 2), 0) };
}

function definitionFor(apiVersion: string, kind: string): string {
  if (kind === 'DeleteOptions') return `${META}.DeleteOptions`;
  const [group = '', version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const definition = builtInDefinition(group, version ?? '', kind);
  if (definition === undefined) {
    throw new MalformedProtobuf(`no kind "${kind}" is registered for version "${apiVersion}"`);
  }
  return definition;
}

function decodeMessage(definition: string, span: Span, level: number): Json {
  if (level > DEEPEST) throw new MalformedProtobuf('the message is nested too deeply');
  const schema = KUBERNETES_API.definitions[definition];
  const object: Json = {};
  fill(object, schema?.properties ?? {}, new Set(schema?.required ?? []), { definition, span, level });
  return object;
}

/** A message on the wire: whose field numbers it has, and in how many others it stands. */
interface Message {
  readonly definition: string;
  readonly span: Span;
  readonly level: number;
}

/** Reads the fields of a message into an object. */
function fill(
  object: Json,
  properties: Readonly<Record<string, ApiSchema>>,
  required: ReadonlySet<string>,
  { definition, span, level }: Message,
): void {
  const names = FIELDS[definition];
  if (names === undefined) {
    if (span.from === span.to) return;
    throw new MalformedProtobuf(`the fields of ${definition} are not known`);
  }
  for (const { number, value } of readFields(span)) {
    const name = names[String(number)];
    if (name === undefined) continue;
    if (name.startsWith('+')) {
      fill(object, properties, required, { definition: name.slice(1), span: spanOf(value), level });
      continue;
    }
    const property = properties[name];
    if (property === undefined) continue;
    const isOmitted = !required.has(name) && OMITTED[definition]?.includes(name) === true;
    put(object, name, property, { value, isOmitted, level });
  }
}

/** @param field whose zero value is left out where JSON does so, and in how many messages it stands */
function put(
  object: Json,
  name: string,
  schema: ApiSchema,
  field: { readonly value: WireField['value']; readonly isOmitted: boolean; readonly level: number },
): void {
  const { value, isOmitted, level } = field;
  if (schema.type === 'array') {
    const list = (object[name] ??= []) as unknown[];
    list.push(decodeValue(schema.items ?? {}, value, level));
  } else if (schema.additionalProperties !== undefined) {
    const entry = readFields(spanOf(value));
    const map = (object[name] ??= {}) as Json;
    const found = entry.find((field) => field.number === 2)?.value ?? NOTHING;
    setOwn(map, textOf(lastSpan(entry, 1)), decodeValue(schema.additionalProperties, found, level));
  } else {
    const decoded = decodeValue(schema, value, level);
    // IntOrString is a struct, and Go's JSON leaves no struct out: a target port of 0 is written as 0.
    const isStruct = schema.$ref !== undefined && decoded === 0;
    if (decoded === undefined || (isOmitted && !isStruct && isZero(decoded))) return;
    object[name] = decoded;
  }
}

/** As JSON.parse sets keys: also one called `__proto__` is the object's own. */
function setOwn(object: Json, key: string, value: unknown): void {
  if (key !== '__proto__') object[key] = value;
  else Object.defineProperty(object, key, { value, configurable: true, enumerable: true, writable: true });
}

function isZero(value: unknown): boolean {
  return value === '' || value === 0 || value === false;
}

function decodeValue(schema: ApiSchema, value: WireField['value'], level: number): unknown {
  if (schema.$ref !== undefined)
    return decodeReference(schema.$ref.slice('#/definitions/'.length), spanOf(value), level);
  switch (schema.type) {
    case 'integer':
      return integerOf(value);
    case 'number':
      return doubleOf(spanOf(value));
    // Within a map a list is a message of its own.
    case 'array':
      return spansOf(readFields(spanOf(value)), 1).map((item) => decodeValue(schema.items ?? {}, item, level + 1));
    case 'boolean':
      return integerOf(value) !== 0;
    case 'string':
      return schema.format === 'byte' ? base64(spanOf(value)) : textOf(spanOf(value));
    default:
      return undefined;
  }
}

/** Types that JSON writes as a scalar, or in one of several ways; the others are messages. */
function decodeReference(definition: string, span: Span, level: number): unknown {
  switch (definition) {
    case 'io.k8s.apimachinery.pkg.api.resource.Quantity':
      return textOf(lastSpan(readFields(span), 1));
    case 'io.k8s.apimachinery.pkg.util.intstr.IntOrString': {
      const fields = readFields(span);
      const isText = numberOf(fields, 1) === 1;
      return isText ? textOf(lastSpan(fields, 3)) : (numberOf(fields, 2) ?? 0);
    }
    case `${META}.Time`:
    case `${META}.MicroTime`:
      return timeOf(readFields(span), definition.endsWith('MicroTime'));
    case `${META}.FieldsV1`:
    case 'io.k8s.apimachinery.pkg.runtime.RawExtension':
      return jsonOf(textOf(lastSpan(readFields(span), 1)) || '{}');
    case `${EXTENSIONS}.JSON`:
      return jsonOf(textOf(lastSpan(readFields(span), 1)) || 'null');
    case `${EXTENSIONS}.JSONSchemaPropsOrArray`:
      return schemaOr(readFields(span), level, (fields) =>
        spansOf(fields, 2).map((item) => decodeMessage(SCHEMA, item, level + 1)),
      );
    case `${EXTENSIONS}.JSONSchemaPropsOrStringArray`:
      return schemaOr(readFields(span), level, (fields) => spansOf(fields, 2).map(textOf));
    case `${EXTENSIONS}.JSONSchemaPropsOrBool`: {
      const fields = readFields(span);
      const schema = fields.findLast(({ number }) => number === 2)?.value;
      return schema === undefined ? numberOf(fields, 1) === 1 : decodeMessage(SCHEMA, spanOf(schema), level + 1);
    }
    default:
      return decodeMessage(definition, span, level + 1);
  }
}

/** A schema where there is one, else what stands there instead. */
function schemaOr(
  fields: readonly WireField[],
  level: number,
  other: (fields: readonly WireField[]) => unknown,
): unknown {
  const schema = fields.findLast(({ number }) => number === 1)?.value;
  return schema === undefined ? other(fields) : decodeMessage(SCHEMA, spanOf(schema), level + 1);
}

function spansOf(fields: readonly WireField[], number: number): Span[] {
  return fields.filter((field) => field.number === number).map(({ value }) => spanOf(value));
}

function doubleOf({ bytes, from, to }: Span): number {
  if (to - from !== 8) throw new MalformedProtobuf('a number with a fraction has not eight bytes');
  const number = new DataView(bytes.buffer, bytes.byteOffset + from, 8).getFloat64(0, true);
  if (Number.isFinite(number)) return number;
  throw new MalformedProtobuf('a number is none that JSON could say');
}

/** The years that RFC 3339 can write, in seconds since 1970. */
const FIRST_SECOND = Date.parse('0001-01-01T00:00:00Z') / 1000;
const LAST_SECOND = Date.parse('9999-12-31T23:59:59Z') / 1000;

/** RFC 3339; undefined for the zero time, which has no seconds. */
function timeOf(fields: readonly WireField[], micro: boolean): string | undefined {
  const seconds = numberOf(fields, 1);
  if (seconds === undefined) return undefined;
  const nanos = numberOf(fields, 2) ?? 0;
  if (seconds < FIRST_SECOND || seconds > LAST_SECOND || nanos < 0 || nanos >= 1e9) {
    throw new MalformedProtobuf('a time is outside of the years 1 to 9999');
  }
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  const micros = Math.trunc(nanos / 1000);
  return micro ? `${whole}.${String(micros).padStart(6, '0')}Z` : `${whole}Z`;
}

function numberOf(fields: readonly WireField[], number: number): number | undefined {
  const found = fields.find((field) => field.number === number)?.value;
  return typeof found === 'number' ? found : undefined;
}

function lastSpan(fields: readonly WireField[], number: number): Span {
  const found = fields.findLast((field) => field.number === number)?.value;
  return typeof found === 'object' ? found : NOTHING;
}

function spanOf(value: WireField['value']): Span {
  if (typeof value === 'object') return value;
  throw new MalformedProtobuf('a number stands where a message or a text belongs');
}

function integerOf(value: WireField['value']): number {
  if (typeof value === 'number') return value;
  throw new MalformedProtobuf('a message or a text stands where a number belongs');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new MalformedProtobuf('what should be JSON within the message is none');
  }
}

function textOf({ bytes, from, to }: Span): string {
  if (from === to) return '';
  try {
    return utf8.decode(bytes.subarray(from, to));
  } catch {
    throw new MalformedProtobuf('a text is not UTF-8');
  }
}

function base64({ bytes, from, to }: Span): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('base64');
}
