import { type KubeObject, SELECTOR_CHARACTERS } from '@shiplog/contracts';
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
  if (metadata !== undefined) return metadata;
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
  return text.match(/(?:\\.|[^,\\])+/gs) ?? [];
}

const unescaped = (text: string): string => text.replace(/\\([\\,=])/g, '$1');

/** Reads a `fieldSelector` parameter for a resource, in whose version's words it is. 400 with Kubernetes' text for a field that can't be selected by. */
export function parseFieldSelector(resource: VersionedResource, text: string): Result<FieldTerm[]> {
  if (text.length > SELECTOR_CHARACTERS) return refused(selectorTooLong(text));
  const terms: FieldTerm[] = [];
  for (const part of splitEscaped(text)) {
    const found = /^((?:\\.|[^=!\\])+)(==|!=|=)(.*)$/s.exec(part.trim());
    if (found === null) {
      return refused(statusOf.badRequest(`invalid selector: '${part}'; can't understand '${part}'`));
    }
    const [, field = '', op, value = ''] = found;
    const read = readerOf(resource, field.trim());
    if (read === undefined) return refused(statusOf.badRequest(`field label not supported: ${field.trim()}`));
    terms.push({ equals: op !== '!=', value: unescaped(value), read });
  }
  return ok(terms);
}

/** Whether an object of the selector's resource satisfies every term. An absent field counts as the empty text. */
export function matchesFields(selector: readonly FieldTerm[], object: KubeObject): boolean {
  return selector.every(({ read, equals, value }) => (String(read(object) ?? '') === value) === equals);
}
