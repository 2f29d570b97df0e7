import type { LabelSelector } from '@shiplog/contracts';
import { dnsSubdomain, isJsonObject, ownField, type Problems, sameJson, type TextRule } from '@shiplog/apimachinery';
import { validateLabelSelector } from '../pods/label-selector';
import type { Check } from './rows';

/** Absent, or empty as Go has it: no text, no items, no fields. */
export function isUnset(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return isJsonObject(value) && Object.keys(value).length === 0;
}

/** There must be something. `detail` is Kubernetes' text behind "Required value". */
export const required =
  (detail?: string): Check =>
  (value, at, problems) => {
    if (isUnset(value)) problems.required(at, detail);
  };

/** One of these texts, where there is one. */
export const supported =
  (...values: readonly string[]): Check =>
  (value, at, problems) => {
    if (typeof value === 'string' && value !== '') problems.unlessOneOf(at, value, values);
  };

/** A number that may not be less, in Kubernetes' words for 0 (ValidateNonnegativeField) and for others. */
export const atLeast =
  (least: number): Check =>
  (value, at, problems) => {
    if (typeof value === 'number' && value < least)
      problems.invalid(at, value, `must be greater than or equal to ${least}`);
  };

/** A number above 0. */
export const positive: Check = (value, at, problems) => {
  if (typeof value === 'number' && value <= 0) problems.invalid(at, value, 'must be greater than zero');
};

/** A number from the first to the last, both included. */
export const between =
  (least: number, most: number): Check =>
  (value, at, problems) => {
    if (typeof value === 'number' && (value < least || value > most))
      problems.invalid(at, value, `must be between ${least} and ${most}, inclusive`);
  };

/** A text of a form, where there is one. */
export const form =
  (rule: TextRule): Check =>
  (value, at, problems) => {
    if (typeof value === 'string' && value !== '') problems.breaches(at, value, rule);
  };

const PATH = /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/;
const PATH_RULE = "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')";

/** Whose it is, and what: `example.com/controller` (IsDomainPrefixedPath). Each part is named that is wrong. */
export const domainPrefixedPath: Check = (value, at, problems) => {
  if (typeof value !== 'string' || value === '') return;
  const slash = value.indexOf('/');
  const [domain, path] = [value.slice(0, Math.max(slash, 0)), value.slice(slash + 1)];
  if (domain === '' || path === '') {
    problems.invalid(at, value, 'must be a domain-prefixed path (such as "acme.io/foo")');
    return;
  }
  problems.breaches(at, domain, dnsSubdomain);
  if (!PATH.test(path)) problems.invalid(at, path, PATH_RULE);
};

/** What an update may not change (ValidateImmutableField in Kubernetes). */
export const immutable: Check = (value, at, problems, { before, isUpdate }) => {
  if (isUpdate && !sameJson(value, before)) problems.invalid(at, value, 'field is immutable');
};

/** No more bytes than these. */
export const shorterThan =
  (bytes: number): Check =>
  (value, at, problems) => {
    if (typeof value === 'string' && Buffer.byteLength(value) > bytes) problems.tooLong(at, bytes);
  };

/** No more items than these. */
export const atMostItems =
  (most: number): Check =>
  (value, at, problems) => {
    if (Array.isArray(value) && value.length > most) problems.tooMany(at, value.length, most);
  };

/** No two items the same; with a key, no two whose field of that name is, which is then the place that is named. */
export const unique =
  (key?: string): Check =>
  (value, at, problems) => {
    if (!Array.isArray(value)) return;
    const seen = new Set<string>();
    value.forEach((item, i) => {
      const part: unknown = key === undefined ? item : isJsonObject(item) ? ownField(item, key) : undefined;
      const text = JSON.stringify(part);
      if (part === undefined) return;
      if (seen.has(text)) problems.duplicate(key === undefined ? `${at}[${i}]` : `${at}[${i}].${key}`, part);
      seen.add(text);
    });
  };

/** Another field of the same object, by its name. */
const sibling = (holder: unknown, field: string): unknown =>
  isJsonObject(holder) ? ownField(holder, field) : undefined;

/** Required if a field beside it has one of these values. */
export const requiredWhen =
  (field: string, values: readonly unknown[], detail?: string): Check =>
  (value, at, problems, { holder }) => {
    if (isUnset(value) && values.includes(sibling(holder, field))) problems.required(at, detail);
  };

/** Forbidden unless a field beside it has one of these values. */
export const onlyWhen =
  (field: string, values: readonly unknown[], detail: string): Check =>
  (value, at, problems, { holder }) => {
    if (!isUnset(value) && !values.includes(sibling(holder, field))) problems.forbidden(at, detail);
  };

/**
 * Of these fields of an object exactly one is to be there: the others are forbidden (Kubernetes' "may not specify more than 1 …"), none
 * at all is required.
 */
export const exactlyOneOf =
  (fields: readonly string[], texts: { readonly more: string; readonly none: string }): Check =>
  (value, at, problems) => {
    if (!isJsonObject(value)) return;
    const given = fields.filter((field) => ownField(value, field) !== undefined);
    for (const extra of given.slice(1)) problems.forbidden(`${at}.${extra}`, texts.more);
    if (given.length === 0) problems.required(at, texts.none);
  };

/** A LabelSelector, where there is one. */
export const labelSelector: Check = (value, at, problems) => {
  if (isJsonObject(value)) validateLabelSelector(value as LabelSelector, at, problems);
};

/** A check by a function of the house's older form. */
export const by =
  <T>(validate: (value: T, at: string, problems: Problems) => void): Check =>
  (value, at, problems) => {
    if (value !== undefined) validate(value as T, at, problems);
  };
