import { isJsonObject, type Problems } from '@shiplog/apimachinery';
import { additionalOf, itemsOf, type SchemaProps } from '../definitions/types';
import { olderItemOf } from './correlation';
import { checkEnum, checkNumber, checkText, checkType } from './scalars';
import type { Walk } from './walk';

/**
 * Validates a value by a schema, in the words of Kubernetes (kube-openapi's validation, and how apiextensions shows its errors).
 * What has not changed since `before` is not looked at again (ratcheting): a value that is the very same one is an unchanged one.
 */
export function validateValue(schema: SchemaProps, value: unknown, at: string, walk: Walk, before?: unknown): void {
  if ((before !== undefined && value === before) || walk.problems.full || !walk.spend(1)) return;
  const { problems } = walk;
  checkType(schema, value, at, problems);
  if (value === null) return checkEnum(schema, value, at, problems);
  validateJunctors(schema, value, at, walk);
  if (typeof value === 'string') checkText(schema, value, at, { problems, spend: (steps) => walk.spend(steps) });
  else if (typeof value === 'number') checkNumber(schema, value, at, problems);
  else if (Array.isArray(value)) validateList(schema, value, at, walk, before);
  if (schema.enum !== undefined) checkEnum(schema, value, at, problems);
  if (isJsonObject(value)) validateObject(schema, value, at, walk, before);
}

/** Where the rules of several fields break, no field is named (field.Path of nil). */
export const NOWHERE = '<nil>';

function validateJunctors(schema: SchemaProps, value: unknown, at: string, walk: Walk): void {
  const { anyOf, oneOf, allOf, not } = schema;
  if (anyOf === undefined && oneOf === undefined && allOf === undefined && not === undefined) return;
  const refuse = (detail: string): void => walk.problems.invalid(NOWHERE, '', `${JSON.stringify(at)} ${detail}`);
  const attempt = (part: SchemaProps, quiet: boolean): Problems => {
    const aside = walk.aside({ quiet });
    validateValue(part, value, at, aside);
    return aside.problems;
  };
  if (anyOf !== undefined && anyOf.length > 0) {
    const first = attempt(anyOf[0]!, false);
    if (!first.none && !anyOf.slice(1).some((part) => attempt(part, true).none)) {
      refuse('must validate at least one schema (anyOf)');
      walk.problems.take(first);
    }
  }
  if (oneOf !== undefined && oneOf.length > 0) {
    const tried = oneOf.map((part, i) => attempt(part, i > 0));
    const count = tried.filter(({ none }) => none).length;
    const found = count === 0 ? 'Found none valid' : `Found ${count} valid alternatives`;
    if (count !== 1) refuse(`must validate one and only one schema (oneOf). ${found}`);
    if (count === 0) walk.problems.take(tried[0]!);
  }
  if (allOf !== undefined && allOf.length > 0) {
    const tried = allOf.map((part) => attempt(part, false));
    for (const problems of tried) walk.problems.take(problems);
    const count = tried.filter(({ none }) => none).length;
    if (count < allOf.length) refuse(`must validate all the schemas (allOf)${count === 0 ? '. None validated' : ''}`);
  }
  if (not !== undefined && attempt(not, true).none) refuse('must not validate the schema (not)');
}

function validateList(schema: SchemaProps, list: readonly unknown[], at: string, walk: Walk, before: unknown): void {
  const { minItems, maxItems } = schema;
  const items = itemsOf(schema);
  if (items !== undefined) {
    const older = olderItemOf(schema, before);
    list.forEach((item, i) => validateValue(items, item, `${at}[${i}]`, walk, older(item)));
  }
  if (minItems !== undefined && list.length < minItems) {
    walk.problems.invalid(at, list.length, `${at} in body should have at least ${minItems} items`);
  }
  if (maxItems !== undefined && list.length > maxItems) walk.problems.tooMany(at, list.length, maxItems);
}

function validateObject(
  schema: SchemaProps,
  object: Record<string, unknown>,
  at: string,
  walk: Walk,
  before: unknown,
): void {
  const { minProperties, maxProperties, required = [], properties = {} } = schema;
  const additional = additionalOf(schema);
  const names = Object.keys(object);
  if (minProperties !== undefined && names.length < minProperties) {
    walk.problems.invalid(at, names.length, `${at} in body should have at least ${minProperties} properties`);
  }
  if (maxProperties !== undefined && names.length > maxProperties) {
    walk.problems.tooMany(at, names.length, maxProperties);
  }
  const older = isJsonObject(before) ? before : {};
  for (const name of names) {
    const of = Object.hasOwn(properties, name) ? properties[name] : additional;
    if (of === undefined) continue;
    validateValue(of, object[name], child(at, name), walk, Object.hasOwn(older, name) ? older[name] : undefined);
  }
  walk.spend(required.length);
  for (const name of required) if (!Object.hasOwn(object, name)) walk.problems.required(child(at, name));
}

/** A field of what is at a path; the root's path is empty. */
export function child(at: string, name: string): string {
  return at === '' ? name : `${at}.${name}`;
}
