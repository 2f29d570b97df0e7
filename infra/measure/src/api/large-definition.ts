import { isJsonObject } from '@shiplog/apimachinery';

type Json = Record<string, unknown>;
type Schemas = Readonly<Record<string, Json>>;

const GROUP = 'charts.example.com';
const POD_TEMPLATE = 'io.k8s.api.core.v1.PodTemplateSpec';
/** What generators of definitions write for what is no struct of its own. */
const SHORT: ReadonlyMap<string, Json> = new Map([
  ['Quantity', { anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true }],
  ['IntOrString', { anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true }],
  ['ObjectMeta', { type: 'object' }],
  ['Time', { type: 'string', format: 'date-time' }],
]);

/** The path of the list of what a large definition defines. */
export function listPathOf(number: number): string {
  return `/apis/${GROUP}/v1/namespaces/default/larges${number}`;
}

/**
 * A definition as large as those that charts bring: a whole pod template stands in its schema, twice, with all its descriptions.
 *
 * @param schemas `components.schemas` of the OpenAPI v3 document of the core group
 */
export function largeDefinition(schemas: Schemas, number: number): Json {
  const template = inlined(schemas, { $ref: `#/components/schemas/${POD_TEMPLATE}` });
  const spec = {
    type: 'object',
    required: ['template'],
    properties: {
      template,
      replicas: { type: 'integer', format: 'int32', minimum: 0, default: 1 },
      host: { type: 'string', maxLength: 253, pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$' },
      canary: template,
    },
    'x-kubernetes-validations': [{ rule: 'self.replicas < 1000 || has(self.canary)', message: 'try it first' }],
  };
  const plural = `larges${number}`;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: { plural, singular: `large${number}`, kind: `Large${number}`, listKind: `Large${number}List` },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                spec,
                status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
              },
            },
          },
        },
      ],
    },
  };
}

/** A schema as it may stand in a definition: with all that it refers to in place. */
function inlined(schemas: Schemas, schema: Json): Json {
  const { description } = schema;
  const reference = referenceOf(schema);
  if (reference !== undefined) {
    const short = SHORT.get(reference.split('.').at(-1) ?? '');
    const whole = short ?? inlined(schemas, schemas[reference] ?? {});
    return description === undefined ? whole : { ...whole, description };
  }
  const { type, format, items, properties, required, additionalProperties } = schema;
  const of = (inner: unknown): Json | undefined => (isJsonObject(inner) ? inlined(schemas, inner) : undefined);
  const fields = isJsonObject(properties)
    ? Object.entries(properties).map(([name, inner]) => [name, of(inner)])
    : undefined;
  const result = {
    description,
    type: type ?? 'object',
    format,
    items: of(items),
    required,
    properties: fields && (Object.fromEntries(fields) as Json),
    additionalProperties: of(additionalProperties),
  };
  return Object.fromEntries(Object.entries(result).filter(([, value]) => value !== undefined));
}

/** Alone, or as the one member of `allOf`, so that a description may stand beside it. */
function referenceOf({ $ref, allOf }: Json): string | undefined {
  const [first] = Array.isArray(allOf) ? (allOf as unknown[]) : [];
  const reference = $ref ?? (isJsonObject(first) ? first['$ref'] : undefined);
  return typeof reference === 'string' ? reference.replace('#/components/schemas/', '') : undefined;
}
