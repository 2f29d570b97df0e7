import { type KubeObject, type ResourceId, SELECTOR_CHARACTERS } from '@shiplog/contracts';
import { ok, refused, type Result, selectorTooLong, statusOf } from '@shiplog/apimachinery';
import { rulesOf } from './kinds';

/** One `field=value` or `field!=value` of a field selector. */
export interface FieldTerm {
  readonly field: string;
  readonly equals: boolean;
  readonly value: string;
}

const METADATA: ReadonlyMap<string, (object: KubeObject) => unknown> = new Map([
  ['metadata.name', (object: KubeObject): unknown => object.metadata.name],
  ['metadata.namespace', (object: KubeObject): unknown => object.metadata.namespace],
]);

function readerOf(resource: ResourceId, field: string): ((object: KubeObject) => unknown) | undefined {
  const own = rulesOf(resource).fields;
  return METADATA.get(field) ?? (own !== undefined && Object.hasOwn(own, field) ? own[field] : undefined);
}

/** Cuts at unescaped commas; `\,`, `\=` and `\\` stand for themselves. */
function splitEscaped(text: string): string[] {
  return text.match(/(?:\\.|[^,\\])+/gs) ?? [];
}

const unescaped = (text: string): string => text.replace(/\\([\\,=])/g, '$1');

/** Reads a `fieldSelector` parameter for a resource. 400 with Kubernetes' text for a field that can't be selected by. */
export function parseFieldSelector(resource: ResourceId, text: string): Result<FieldTerm[]> {
  if (text.length > SELECTOR_CHARACTERS) return refused(selectorTooLong(text));
  const terms: FieldTerm[] = [];
  for (const part of splitEscaped(text)) {
    const found = /^((?:\\.|[^=!\\])+)(==|!=|=)(.*)$/s.exec(part.trim());
    if (found === null) {
      return refused(statusOf.badRequest(`invalid selector: '${part}'; can't understand '${part}'`));
    }
    const [, field = '', op, value = ''] = found;
    if (readerOf(resource, field.trim()) === undefined) {
      return refused(statusOf.badRequest(`field label not supported: ${field.trim()}`));
    }
    terms.push({ field: field.trim(), equals: op !== '!=', value: unescaped(value) });
  }
  return ok(terms);
}

/** Whether an object of the resource satisfies every term. An absent field counts as the empty text. */
export function matchesFields(resource: ResourceId, selector: readonly FieldTerm[], object: KubeObject): boolean {
  return selector.every((term) => {
    const value = readerOf(resource, term.field)?.(object);
    return (String(value ?? '') === term.value) === term.equals;
  });
}
