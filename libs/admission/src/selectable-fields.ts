import { type KubeObject, type KubeStatus, SELECTOR_CHARACTERS } from '@shiplog/contracts';
import {
  fieldAt,
  ok,
  refused,
  type Result,
  selectorTooLong,
  statusOf,
  storedField,
  type VersionedResource,
} from '@shiplog/apimachinery';
import { rulesOf } from './kinds';

/** One `field=value` or `field!=value` of a field selector. */
export interface FieldTerm {
  readonly equals: boolean;
  readonly value: string;
  /** The value that a stored object has there. */
  readonly read: (object: KubeObject) => unknown;
}

const METADATA: ReadonlyMap<string, (object: KubeObject) => unknown> = new Map([
  ['metadata.name', (object: KubeObject): unknown => object.metadata.name],
  ['metadata.namespace', (object: KubeObject): unknown => object.metadata.namespace],
]);

function readerOf({ row, version }: VersionedResource, field: string): FieldTerm['read'] | undefined {
  const metadata = METADATA.get(field);
  // Who has fields of its own has no namespace to be chosen by when it lives in none.
  const isNowhere = field === 'metadata.namespace' && !row.namespaced && hasOwnFields({ row, version });
  if (metadata !== undefined) return isNowhere ? undefined : metadata;
  if (version.selectableFields?.includes(`.${field}`) === true) return (object) => fieldAt(object, `.${field}`);
  const own = rulesOf(row).fields ?? {};
  const stored = storedField(version, field);
  return Object.hasOwn(own, stored) ? own[stored] : undefined;
}

/** Chooses the object of a name. */
export function fieldTermOfName(name: string): FieldTerm {
  return { equals: true, value: name, read: (object) => object.metadata.name };
}

/** Cuts at unescaped commas; `\,`, `\=` and `\\` stand for themselves. */
function splitEscaped(text: string): string[] {
  return text.match(/(?:\\.|[^,\\]|\\$)+/gs) ?? [];
}

const TERM = /^((?:\\.|(?!!=|=)[^\\])*)(!=|==|=)(.*)$/s;

/** A value without its escapes, or the 400 for one that is not escaped as it must be. */
function unescaped(text: string): Result<string> {
  let value = '';
  for (let i = 0; i < text.length; i++) {
    const sign = text.charAt(i);
    if (sign === '\\') {
      const next = text.charAt(++i);
      if (next !== '\\' && next !== ',' && next !== '=') return badEscape(`invalid escape sequence: \\${next}`);
      value += next;
    } else if (sign === '=' || sign === ',') return badEscape(`unescaped character in value: ${sign}`);
    else value += sign;
  }
  return ok(value);
}

function badEscape(problem: string): Result<string> {
  return refused(statusOf.badRequest(`invalid field selector: ${problem}`));
}

/** Whether a kind says itself by which fields it is selected: some that are built in, and all that are defined. */
function hasOwnFields({ row, version }: VersionedResource): boolean {
  return rulesOf(row).fields !== undefined || typeof version.schema !== 'string';
}

/** What a field that can't be selected by is refused with: kinds with fields of their own, and all others. */
function unsupported(resource: VersionedResource, field: string): KubeStatus {
  if (resource.row.id === 'jobs.batch')
    return statusOf.badRequest(`field label ${JSON.stringify(field)} not supported for Job`);
  if (hasOwnFields(resource)) return statusOf.badRequest(`field label not supported: ${field}`);
  const known = 'only "metadata.name", "metadata.namespace"';
  return statusOf.badRequest(`${JSON.stringify(field)} is not a known field selector: ${known}`);
}

/** Reads a `fieldSelector` parameter for a resource, in whose version's words it is. 400 with Kubernetes' text for a field that can't be selected by. */
export function parseFieldSelector(resource: VersionedResource, text: string): Result<FieldTerm[]> {
  if (text.length > SELECTOR_CHARACTERS) return refused(selectorTooLong(text));
  const terms: FieldTerm[] = [];
  for (const part of splitEscaped(text)) {
    const found = TERM.exec(part);
    if (found === null) {
      return refused(statusOf.badRequest(`invalid selector: '${text}'; can't understand '${part}'`));
    }
    const [, field = '', op, given = ''] = found;
    const value = unescaped(given);
    if (!value.ok) return value;
    const read = readerOf(resource, field);
    if (read === undefined) return refused(unsupported(resource, field));
    terms.push({ equals: op !== '!=', value: value.value, read });
  }
  return ok(terms);
}

/** Whether an object of the selector's resource satisfies every term. An absent field counts as the empty text. */
export function matchesFields(selector: readonly FieldTerm[], object: KubeObject): boolean {
  return selector.every(({ read, equals, value }) => (String(read(object) ?? '') === value) === equals);
}
