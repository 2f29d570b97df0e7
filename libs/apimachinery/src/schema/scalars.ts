import { isJsonObject } from '../values/json-object';
import { canonicalQuantity, quantityProblem } from '../values/quantity';
import { DecodeError, jsonKind, type Decoder } from './decoding';
import { toMicros, toSeconds } from './times';

/** Makes the decoder of a scalar, given the struct that holds it (for error texts). */
type ScalarOf = (struct: string) => Decoder;

const INT32_MAX = 2 ** 31 - 1;

const text: ScalarOf = (struct) => (value, on) =>
  typeof value === 'string' ? value : on.mismatch(value, struct, 'string');

const flag: ScalarOf = (struct) => (value, on) =>
  typeof value === 'boolean' ? value : on.mismatch(value, struct, 'bool');

const double: ScalarOf = (struct) => (value, on) =>
  typeof value === 'number' ? value : on.mismatch(value, struct, 'float64');

function integer(goType: string, max: number): ScalarOf {
  return (struct) => (value, on) => (isInt(value, max) ? value : on.mismatch(value, struct, goType));
}

function isInt(value: unknown, max: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value <= max && value >= -max - 1;
}

/** A quantity may be sent as a number, and with blanks around it; it is kept in Kubernetes' canonical text. */
const quantity: ScalarOf = () => (value) => {
  const sent = typeof value === 'string' ? value.trim() : JSON.stringify(value);
  const canonical = canonicalQuantity(sent);
  if (canonical === undefined) throw new DecodeError(quantityProblem(sent));
  return canonical;
};

/** A number is an int32 there, which is read on its own: an error names no field. */
const intOrString: ScalarOf = () => (value) => {
  if (typeof value === 'string' || isInt(value, INT32_MAX)) return value;
  throw new DecodeError(`json: cannot unmarshal ${jsonKind(value, 'int32')} into Go value of type int32`);
};

function time(write: (value: string) => string): ScalarOf {
  return (struct) => (value, on) => {
    if (typeof value !== 'string') return on.mismatch(value, struct, 'v1.Time');
    return value === '' ? undefined : write(value);
  };
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const MAX_QUICK_BASE64 = 2_000_000;

/** Bytes travel as base64. Line breaks inside are taken out, as Go's decoder does. */
const bytes: ScalarOf = (struct) => (value, on) => {
  if (typeof value !== 'string') return on.mismatch(value, struct, '[]uint8');
  const compact = value.includes('\n') || value.includes('\r') ? value.replace(/[\r\n]/g, '') : value;
  if (compact.length > MAX_QUICK_BASE64 || BASE64.test(compact)) return compact;
  const wrong = /[^A-Za-z0-9+/]/.exec(compact)?.index ?? compact.length;
  throw new DecodeError(`illegal base64 data at input byte ${wrong}`);
};

/** Any JSON, as it is: also null says something there. */
const anyJson: ScalarOf = () => (value) => value;

/** An object that says for itself what it is, as it is: what a ControllerRevision holds keeps the nulls that are in it. */
const rawObject: ScalarOf = (struct) => (value, on) =>
  isJsonObject(value) ? value : on.mismatch(value, struct, 'v1.RawExtension');

const APIEXTENSIONS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';

/** Definitions that are scalars with rules of their own. */
export const NAMED_SCALARS: ReadonlyMap<string, ScalarOf> = new Map([
  ['io.k8s.apimachinery.pkg.api.resource.Quantity', quantity],
  ['io.k8s.apimachinery.pkg.util.intstr.IntOrString', intOrString],
  ['io.k8s.apimachinery.pkg.apis.meta.v1.Time', time(toSeconds)],
  ['io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime', time(toMicros)],
  [`${APIEXTENSIONS}.JSON`, anyJson],
  ['io.k8s.apimachinery.pkg.runtime.RawExtension', rawObject],
]);

/** Scalars by `type` and, where it matters, `type/format`. */
export const PLAIN_SCALARS: ReadonlyMap<string, ScalarOf> = new Map([
  ['string', text],
  ['string/byte', bytes],
  ['boolean', flag],
  ['number', double],
  ['integer', integer('int64', Number.MAX_SAFE_INTEGER)],
  ['integer/int32', integer('int32', INT32_MAX)],
  ['integer/int64', integer('int64', Number.MAX_SAFE_INTEGER)],
]);
