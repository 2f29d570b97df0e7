import { goSyntaxOf, type Problems } from '@shiplog/apimachinery';
import type { SchemaProps } from '../definitions/types';
import { isOfFormat } from './formats';
import { patternOf } from './patterns';
import type { Walk } from './walk';

/** What JSON schema calls the type of a value. */
export function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

/** The types that a schema allows; none: any. */
export function typesOf(schema: SchemaProps): readonly string[] {
  if (schema['x-kubernetes-int-or-string'] === true) return ['integer', 'string'];
  return schema.type === undefined || schema.type === '' ? [] : [schema.type];
}

/** Refuses a value of another type; answers whether it may be looked at further. */
export function checkType(schema: SchemaProps, value: unknown, at: string, problems: Problems): void {
  const types = typesOf(schema);
  const type = typeOf(value);
  if (types.length === 0 || (value === null && schema.nullable === true)) return;
  if (types.includes(type) || (type === 'integer' && types.includes('number'))) return;
  problems.typeInvalid(at, type, `${at} in body must be of type ${types.join(',')}: ${JSON.stringify(type)}`);
}

/** The rules of a text: its length in characters, its pattern and format. */
export function checkText(schema: SchemaProps, text: string, at: string, { problems, ...walk }: WalkParts): void {
  const { minLength, maxLength, pattern, format } = schema;
  if (maxLength !== undefined && isLonger(text, maxLength)) problems.tooLong(at, maxLength);
  if (minLength !== undefined && !isLonger(text, minLength - 1)) {
    problems.invalid(at, text, `${at} in body should be at least ${minLength} chars long`);
  }
  if (pattern !== undefined && pattern !== '') {
    const compiled = patternOf(pattern);
    const affordable = compiled !== undefined && walk.spend(1 + (text.length * compiled.size) / 100);
    if (affordable && !compiled.regex.test(text)) problems.invalid(at, text, `${at} in body should match '${pattern}'`);
  }
  if (format !== undefined && !isOfFormat(format, text)) {
    problems.typeInvalid(at, text, `${at} in body must be of type ${format}: ${JSON.stringify(text)}`);
  }
}

/** Of a walk, what the rules of a text need. */
export interface WalkParts {
  readonly problems: Problems;
  readonly spend: Walk['spend'];
}

/** Whether a text has more characters (code points) than so many. */
function isLonger(text: string, characters: number): boolean {
  if (text.length <= characters) return false;
  if (text.length > 2 * Math.max(characters, 0)) return true;
  return [...text].length > characters;
}

/** The rules of a number. */
export function checkNumber(schema: SchemaProps, value: number, at: string, problems: Problems): void {
  const { minimum, maximum, exclusiveMinimum = false, exclusiveMaximum = false, multipleOf } = schema;
  const refuse = (detail: string): void => problems.invalid(at, value, `${at} in body should be ${detail}`);
  if (multipleOf !== undefined && multipleOf > 0 && !isMultiple(value, multipleOf)) {
    refuse(`a multiple of ${multipleOf}`);
  }
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
    refuse(exclusiveMaximum ? `less than ${maximum}` : `less than or equal to ${maximum}`);
  }
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
    refuse(exclusiveMinimum ? `greater than ${minimum}` : `greater than or equal to ${minimum}`);
  }
}

function isMultiple(value: number, factor: number): boolean {
  const times = value / factor;
  return Math.abs(times - Math.round(times)) <= 1e-9 * Math.max(1, Math.abs(times));
}

const enums = new WeakMap<readonly unknown[], ReadonlySet<string>>();

/** That a value is among those that a schema lists. */
export function checkEnum({ enum: allowed }: SchemaProps, value: unknown, at: string, problems: Problems): void {
  if (allowed === undefined) return;
  let keys = enums.get(allowed);
  if (keys === undefined) enums.set(allowed, (keys = new Set(allowed.map(keyOf))));
  if (keys.has(keyOf(value))) return;
  problems.notInEnum(at, goSyntaxOf(value ?? 'null'), allowed.map(asText));
}

const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** The same text for the same JSON, in whatever order its fields are. */
export function keyOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(keyOf).join(',')}]`;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, item]) => `${JSON.stringify(name)}:${keyOf(item)}`).join(',')}}`;
}
