import { type KubeStatus, type LabelSelector, SELECTOR_CHARACTERS } from '@shiplog/contracts';
import { type Result, ok, refused } from '../result';
import { statusOf } from '../status';
import { labelValue, qualifiedName } from '../values/names';

/** One term of a label selector. A selector is the conjunction of its terms; none matches everything. */
export type LabelTerm =
  | { readonly op: 'in' | 'notIn'; readonly key: string; readonly values: readonly string[] }
  | { readonly op: 'exists' | 'missing'; readonly key: string }
  | { readonly op: 'gt' | 'lt'; readonly key: string; readonly than: number };

type Labels = Readonly<Record<string, string>>;

function holds(term: LabelTerm, labels: Labels): boolean {
  const value = Object.hasOwn(labels, term.key) ? labels[term.key] : undefined;
  switch (term.op) {
    case 'in':
      return value !== undefined && term.values.includes(value);
    case 'notIn':
      return value === undefined || !term.values.includes(value);
    case 'exists':
      return value !== undefined;
    case 'missing':
      return value === undefined;
    case 'gt':
      return value !== undefined && /^-?\d+$/.test(value) && Number(value) > term.than;
    case 'lt':
      return value !== undefined && /^-?\d+$/.test(value) && Number(value) < term.than;
  }
}

/** Whether labels satisfy every term. */
export function matchesLabels(selector: readonly LabelTerm[], labels: Labels | undefined): boolean {
  for (const term of selector) if (!holds(term, labels ?? {})) return false;
  return true;
}

/** Splits at commas that are not inside parentheses. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const sign = text[i];
    if (sign === '(') depth += 1;
    else if (sign === ')') depth -= 1;
    else if (sign === ',' && depth === 0) {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

const NAME = '([^\\s=!(),<>]+)';
const VALUE = '([^\\s=!(),<>]*)';
const EQUALITY = new RegExp(`^${NAME}\\s*(==|=|!=)\\s*${VALUE}$`);
const SET = new RegExp(`^${NAME}\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const ORDER = new RegExp(`^${NAME}\\s*([<>])\\s*(-?\\d+)$`);
const PRESENCE = new RegExp(`^(!?)\\s*${NAME}$`);

function parseTerm(text: string): LabelTerm | undefined {
  const equality = EQUALITY.exec(text);
  if (equality !== null) {
    const [, key = '', op, value = ''] = equality;
    return { op: op === '!=' ? 'notIn' : 'in', key, values: [value] };
  }
  const set = SET.exec(text);
  if (set !== null) {
    const [, key = '', op, values = ''] = set;
    return { op: op === 'in' ? 'in' : 'notIn', key, values: values.split(',').map((value) => value.trim()) };
  }
  const order = ORDER.exec(text);
  if (order !== null) {
    const [, key = '', op, than = ''] = order;
    return { op: op === '>' ? 'gt' : 'lt', key, than: Number(than) };
  }
  const presence = PRESENCE.exec(text);
  if (presence === null) return undefined;
  const [, not = '', key = ''] = presence;
  return { op: not === '!' ? 'missing' : 'exists', key };
}

/** Every object is held against every term: the number of them must have a bound. */
export function selectorTooLong(text: string): KubeStatus {
  return statusOf.badRequest(
    `the selector is too long: ${text.length} characters, at most ${SELECTOR_CHARACTERS} are allowed`,
  );
}

/**
 * Reads a `labelSelector` parameter: `a=b,c!=d,e in (f,g),h notin (i),j,!k`. 400 with Kubernetes' text when it is none.
 */
export function parseLabelSelector(text: string): Result<LabelTerm[]> {
  if (text.length > SELECTOR_CHARACTERS) return refused(selectorTooLong(text));
  if (text.trim() === '') return ok([]);
  const terms: LabelTerm[] = [];
  for (const part of splitTerms(text)) {
    const term = parseTerm(part.trim());
    if (term === undefined) {
      return refused(statusOf.badRequest(`unable to parse requirement: found '${part.trim()}', expected: identifier`));
    }
    const wrongKey = qualifiedName(term.key);
    if (wrongKey.length > 0) {
      return refused(
        statusOf.badRequest(
          `unable to parse requirement: <nil>: Invalid value: ${JSON.stringify(term.key)}: ${wrongKey.join('; ')}`,
        ),
      );
    }
    for (const value of 'values' in term ? term.values : []) {
      const wrong = labelValue(value);
      if (wrong.length > 0) {
        return refused(
          statusOf.badRequest(
            `unable to parse requirement: values[0][${term.key}]: Invalid value: ${JSON.stringify(value)}: ${wrong.join('; ')}`,
          ),
        );
      }
    }
    terms.push(term);
  }
  return ok(terms);
}

const OPERATORS: ReadonlyMap<string, 'in' | 'notIn' | 'exists' | 'missing'> = new Map([
  ['In', 'in'],
  ['NotIn', 'notIn'],
  ['Exists', 'exists'],
  ['DoesNotExist', 'missing'],
]);

/** The terms of a LabelSelector object (`matchLabels` and `matchExpressions`) that passed validation. */
export function termsOf(selector: LabelSelector): LabelTerm[] {
  const terms: LabelTerm[] = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({
    op: 'in',
    key,
    values: [value],
  }));
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const op = OPERATORS.get(operator);
    if (op === undefined) throw new Error(`${JSON.stringify(operator)} is no operator of a label selector`);
    terms.push(op === 'in' || op === 'notIn' ? { op, key, values: values ?? [] } : { op, key });
  }
  return terms;
}

/** Whether a LabelSelector object chooses labels. As in Kubernetes an absent selector chooses nothing, an empty one all. */
export function matchesLabelSelector(selector: LabelSelector | undefined, labels: Labels | undefined): boolean {
  return selector !== undefined && matchesLabels(termsOf(selector), labels);
}

/** Whether labels hold every pair of a plain selector map (services, replication controllers); an empty map chooses nothing. */
export function matchesSelectorMap(selector: Labels | undefined, labels: Labels | undefined): boolean {
  const pairs = Object.entries(selector ?? {});
  return pairs.length > 0 && pairs.every(([key, value]) => labels !== undefined && labels[key] === value);
}
