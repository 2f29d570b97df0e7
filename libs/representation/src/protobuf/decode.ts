import { KUBERNETES_API, type ApiSchema } from '@shiplog/contracts';
import { builtInDefinition } from '../openapi/definition-names';
import table from './fields.json';
import { MalformedProtobuf, readFields, type Span, type WireField } from './read-wire';

const FIELDS = table.fields as Readonly<Record<string, Readonly<Record<string, string>> | undefined>>;
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
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
  return { apiVersion, kind, ...decodeMessage(definitionFor(apiVersion, kind), lastSpan(envelope, 2)) };
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

function decodeMessage(definition: string, span: Span): Json {
  const schema = KUBERNETES_API.definitions[definition];
  const object: Json = {};
  fill(object, schema?.properties ?? {}, new Set(schema?.required ?? []), definition, span);
  return object;
}

/** Reads the fields of a message into an object; `message` is whose field numbers they are. */
function fill(
  object: Json,
  properties: Readonly<Record<string, ApiSchema>>,
  required: ReadonlySet<string>,
  message: string,
  span: Span,
): void {
  const names = FIELDS[message];
  if (names === undefined) throw new MalformedProtobuf(`the fields of ${message} are not known`);
  for (const { number, value } of readFields(span)) {
    const name = names[String(number)];
    if (name === undefined) continue;
    if (name.startsWith('+')) {
      fill(object, properties, required, name.slice(1), spanOf(value));
      continue;
    }
    const property = properties[name];
    if (property === undefined) continue;
    const isOmitted = !required.has(name) && OMITTED[message]?.includes(name) === true;
    put(object, name, property, value, isOmitted);
  }
}

function put(object: Json, name: string, schema: ApiSchema, value: WireField['value'], isOmitted: boolean): void {
  if (schema.type === 'array') {
    const list = (object[name] ??= []) as unknown[];
    list.push(decodeValue(schema.items ?? {}, value));
  } else if (schema.additionalProperties !== undefined) {
    const entry = readFields(spanOf(value));
    const map = (object[name] ??= {}) as Json;
    const found = entry.find((field) => field.number === 2)?.value ?? NOTHING;
    setOwn(map, textOf(lastSpan(entry, 1)), decodeValue(schema.additionalProperties, found));
  } else {
    const decoded = decodeValue(schema, value);
    if (decoded === undefined || (isOmitted && isZero(decoded))) return;
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

function decodeValue(schema: ApiSchema, value: WireField['value']): unknown {
  if (schema.$ref !== undefined) return decodeReference(schema.$ref.slice('#/definitions/'.length), spanOf(value));
  switch (schema.type) {
    case 'integer':
    case 'number':
      return integerOf(value);
    case 'boolean':
      return integerOf(value) !== 0;
    case 'string':
      return schema.format === 'byte' ? base64(spanOf(value)) : textOf(spanOf(value));
    default:
      return undefined;
  }
}

/** Types that JSON writes as a scalar; the others are messages. */
function decodeReference(definition: string, span: Span): unknown {
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
    default:
      return decodeMessage(definition, span);
  }
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
