import { setField } from '../values/json-object';

/** Where a decoder is inside an object, and what it found that does not belong there. */
export class Decoding {
  /** Field names and list positions from the object's root to the value being read. */
  readonly path: (string | number)[] = [];
  /** Paths of fields that the API does not know; only kept when somebody asks. */
  readonly unknown: string[] | undefined;

  constructor(options: { reportUnknown?: boolean } = {}) {
    this.unknown = options.reportUnknown === true ? [] : undefined;
  }

  /** `spec.containers[0].image`: the path with positions. */
  at(field?: string): string {
    const full = field === undefined ? this.path : [...this.path, field];
    return full.reduce<string>(
      (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`),
      '',
    );
  }

  /** Refuses a value of the wrong JSON type, in the words of Go's decoder: no positions, and the struct that holds the field. */
  mismatch(value: unknown, struct: string, goType: string): never {
    const fields = this.path.filter((step) => typeof step === 'string').join('.');
    throw new DecodeError(
      `json: cannot unmarshal ${jsonKind(value, goType)} into Go struct field ${struct}.${fields} of type ${goType}`,
      { value, goType },
    );
  }
}

/** The object can't be read as its kind; the message says why, without the `… cannot be handled as a …` in front. */
export class DecodeError extends Error {
  /** `mismatch` is there when a value has the wrong JSON type. */
  constructor(
    message: string,
    readonly mismatch?: { readonly value: unknown; readonly goType: string },
  ) {
    super(message);
  }
}

/** What a JSON value is, as Go's decoder says it: of a number that does not fit its type also which. */
export function jsonKind(value: unknown, goType: string): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return goType.startsWith('int') ? `number ${value}` : 'number';
  return value === null ? 'null' : typeof value;
}

/** Reads one JSON value, answering a copy without nulls and unknown fields; throws DecodeError. */
export type Decoder = (value: unknown, on: Decoding) => unknown;

/** Deep copy of JSON of no declared type, without nulls (Kubernetes takes null for absent). */
export function cleanJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => item !== null).map(cleanJson);
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const item = (value as Record<string, unknown>)[key];
    if (item !== null && item !== undefined) setField(copy, key, cleanJson(item));
  }
  return copy;
}
