import { CAUSES, CAUSES_CHARACTERS, type StatusCause } from '@shiplog/contracts';
import type { TextRule } from './values/names';

/** A value in the Go syntax of its type, as `%#v` writes it: `core.ServicePort{…}`. */
export class GoSyntax {
  constructor(readonly text: string) {}

  /** A map of texts; an empty one was absent. */
  static map(texts: Readonly<Record<string, string>> = {}): GoSyntax {
    const entries = Object.entries(texts).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
    return new GoSyntax(`map[string]string${entries.length === 0 ? '(nil)' : `{${entries.sort().join(', ')}}`}`);
  }

  /** A list of texts; an empty one was absent. */
  static list(texts: readonly string[]): GoSyntax {
    const items = texts.map((text) => JSON.stringify(text));
    return new GoSyntax(`[]string${items.length === 0 ? '(nil)' : `{${items.join(', ')}}`}`);
  }
}

const LONGEST_VALUE = 10_240;

/** A value in an error text, as Go's `%q` and `%#v` write it where the type is plain; other composite values are JSON. */
function shown(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = textOf(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}

/** JSON as Go's `%#v` writes it once it was read into no type of its own: `map[string]interface {}{"a":1}`. */
export function goSyntaxOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? new GoSyntax(goText(value)) : value;
}

function goText(value: unknown): string {
  if (value === null || value === undefined) return 'interface {}(nil)';
  if (Array.isArray(value)) return `[]interface {}{${value.map(goText).join(', ')}}`;
  if (typeof value !== 'object') return JSON.stringify(value);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[string]interface {}{${fields.map(([name, item]) => `${JSON.stringify(name)}:${goText(item)}`).join(', ')}}`;
}

function textOf(value: unknown): string {
  if (value instanceof GoSyntax) return value.text;
  const isTexts = Array.isArray(value) && value.every((item) => typeof item === 'string');
  return isTexts ? GoSyntax.list(value as string[]).text : JSON.stringify(value);
}

/** Collects what is wrong with an object, in Kubernetes' own words: one method per kind of field error. */
export class Problems {
  /** The first ones: an object can be wrong in more places than an answer can tell of. */
  readonly causes: StatusCause[] = [];
  #characters = 0;

  /** @param most causes that are kept: a single one where it matters only whether there are any */
  constructor(private readonly most = CAUSES) {}

  get none(): boolean {
    return this.causes.length === 0;
  }

  required(field: string, detail = ''): void {
    this.add('FieldValueRequired', field, withDetail('Required value', detail));
  }

  invalid(field: string, value: unknown, detail: string): void {
    // What nobody will read is not rendered: an object can be wrong as often as it is long.
    if (!this.full) this.add('FieldValueInvalid', field, withDetail(`Invalid value: ${shown(value)}`, detail));
  }

  /** What is wrong with parts taken together, whose values are not told. */
  unfit(field: string, detail: string): void {
    this.add('FieldValueInvalid', field, `Invalid value: ${detail}`);
  }

  /** A cause for each thing that a rule finds wrong with a text. */
  breaches(field: string, text: string, rule: TextRule): void {
    for (const wrong of rule(text)) this.invalid(field, text, wrong);
  }

  duplicate(field: string, value: unknown): void {
    this.add('FieldValueDuplicate', field, `Duplicate value: ${shown(value)}`);
  }

  notSupported(field: string, value: unknown, supported: readonly string[]): void {
    const list = [...supported]
      .sort()
      .map((item) => JSON.stringify(item))
      .join(', ');
    this.add('FieldValueNotSupported', field, `Unsupported value: ${shown(value)}: supported values: ${list}`);
  }

  /** Nothing when the value is absent or one of the supported ones. */
  unlessOneOf(field: string, value: string | undefined, supported: readonly string[]): void {
    if (value !== undefined && !supported.includes(value)) this.notSupported(field, value, supported);
  }

  forbidden(field: string, detail: string): void {
    this.add('FieldValueForbidden', field, `Forbidden: ${detail}`);
  }

  notFound(field: string, value: unknown, detail = ''): void {
    this.add('FieldValueNotFound', field, withDetail(`Not found: ${shown(value)}`, detail));
  }

  tooLong(field: string, maxBytes: number): void {
    this.add('FieldValueTooLong', field, `Too long: may not be more than ${maxBytes} bytes`);
  }

  tooMany(field: string, actual: number, max: number): void {
    this.add('FieldValueTooMany', field, `Too many: ${actual}: must have at most ${max} items`);
  }

  /** A value of another type than the field's. */
  typeInvalid(field: string, value: unknown, detail: string): void {
    if (!this.full) this.add('FieldValueTypeInvalid', field, withDetail(`Invalid value: ${shown(value)}`, detail));
  }

  /** As `notSupported`, with the supported values in the order in which a schema has them. */
  notInEnum(field: string, value: unknown, supported: readonly string[]): void {
    if (this.full) return;
    const list = supported.map((item) => JSON.stringify(item)).join(', ');
    this.add('FieldValueNotSupported', field, `Unsupported value: ${shown(value)}: supported values: ${list}`);
  }

  /** Takes over what was found elsewhere, of fields that may be called otherwise here. */
  take({ causes }: Problems, fieldOf = (field: string): string => field): void {
    for (const { reason = '', field = '', message = '' } of causes) this.add(reason, fieldOf(field), message);
  }

  /** Whether anything more that is found will not be told. */
  get full(): boolean {
    return this.causes.length >= this.most || this.#characters >= CAUSES_CHARACTERS;
  }

  private add(reason: string, field: string, message: string): void {
    if (this.full) return;
    this.#characters += message.length + field.length;
    this.causes.push({ reason, message, field });
  }
}

function withDetail(text: string, detail: string): string {
  return detail === '' ? text : `${text}: ${detail}`;
}
