import type { ApiSchema } from '@shiplog/contracts';
import { described } from './descriptions';
import type { Definitions } from './schemas';
import { inSteps } from './steps';

const made = { v2: new WeakMap<ApiSchema, string>(), v3: new WeakMap<ApiSchema, string>() };

/** Definitions as the JSON of an object's fields, with their descriptions. Each is made once, whichever documents it is in. */
export function* definitionsText(definitions: Definitions, openApi: 'v2' | 'v3'): Generator<void, string> {
  const fields = yield* inSteps(definitions, ([name, schema]) => fieldOf(name, schema, openApi));
  return fields.join(',');
}

function fieldOf(name: string, schema: ApiSchema, openApi: 'v2' | 'v3'): string {
  let text = made[openApi].get(schema);
  if (text === undefined) {
    const whole = described(name, schema);
    text = `${JSON.stringify(name)}:${JSON.stringify(openApi === 'v2' ? whole : toV3(name, whole))}`;
    made[openApi].set(schema, text);
  }
  return text;
}

const TEXT_OR_NUMBER: ReadonlyMap<string, object> = new Map([
  ['IntOrString', { oneOf: [{ type: 'integer' }, { type: 'string' }], format: 'int-or-string' }],
  ['Quantity', { oneOf: [{ type: 'string' }, { type: 'number' }] }],
]);

/** An OpenAPI v2 schema as OpenAPI v3 has it: references point elsewhere and say nothing else, and alternatives can be said. */
export function toV3(name: string, schema: ApiSchema): unknown {
  const either = TEXT_OR_NUMBER.get(name.split('.').at(-1) ?? '');
  return either === undefined || !name.startsWith('io.k8s.apimachinery.') ? convert(schema) : either;
}

function convert(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(convert);
  if (typeof value !== 'object' || value === null) return value;
  const { $ref, ...others } = value as { $ref?: unknown };
  if (typeof $ref !== 'string') {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, convert(inner)]));
  }
  const target = { $ref: $ref.replace('#/definitions/', '#/components/schemas/') };
  return Object.keys(others).length === 0 ? target : { ...others, allOf: [target] };
}
