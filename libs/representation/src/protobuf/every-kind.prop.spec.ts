import { apiVersionOf, KUBERNETES_API, RESOURCES, type ApiSchema } from '@shiplog/contracts';
import fc from 'fast-check';
import { decodeKubernetesProtobuf } from './decode';
import { encodeKubernetesProtobuf } from './testing/encode';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const EXTENSIONS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';
const SCHEMA = fc.constantFrom<unknown>(
  { type: 'object', properties: { a: { type: 'string', maxLength: 5 }, b: { minimum: 0.5, nullable: true } } },
  { type: 'array', items: { type: 'integer', enum: [1, 2], default: 2 } },
  { 'x-kubernetes-preserve-unknown-fields': true, not: { anyOf: [{ required: ['a'] }] } },
);
const JSON_VALUE = fc.constantFrom<unknown>(1, 'a', [true], { a: { b: [1] } });

/** What is no message of fields. */
const VALUES = new Map<string, fc.Arbitrary<unknown>>([
  ['io.k8s.apimachinery.pkg.api.resource.Quantity', fc.constantFrom('1', '100m', '1Gi')],
  ['io.k8s.apimachinery.pkg.util.intstr.IntOrString', fc.constantFrom<unknown>(80, 'http', -1, 0)],
  [`${META}.Time`, fc.constantFrom('2024-01-01T00:00:00Z', '1969-07-20T20:17:40Z')],
  [`${META}.MicroTime`, fc.constantFrom('2024-01-01T00:00:00.000001Z')],
  [`${META}.FieldsV1`, fc.constantFrom({ 'f:spec': {} }, {})],
  ['io.k8s.apimachinery.pkg.runtime.RawExtension', fc.constantFrom({ a: 1 }, { kind: 'A', b: [] })],
  [`${EXTENSIONS}.JSON`, JSON_VALUE],
  [`${EXTENSIONS}.JSONSchemaProps`, SCHEMA],
  [`${EXTENSIONS}.JSONSchemaPropsOrArray`, fc.oneof(SCHEMA, fc.array(SCHEMA, { minLength: 1, maxLength: 2 }))],
  [`${EXTENSIONS}.JSONSchemaPropsOrBool`, fc.oneof(SCHEMA, fc.boolean())],
  [`${EXTENSIONS}.JSONSchemaPropsOrStringArray`, fc.oneof(SCHEMA, fc.constant(['a', 'b']))],
]);
/** Named in OpenAPI, but not on the wire of the release whose numbers are known. */
const UNNUMBERED = new Set([
  'io.k8s.api.core.v1.NodeAllocatableResourceClaimStatus.resources',
  'io.k8s.api.resource.v1.Device.nodeAllocatableResourceMappings',
]);
const MOST_FIELDS = 4;

/** Whatever JSON and protobuf both can say: nothing that is empty or zero, which they say by leaving it out. */
function valueOf(schema: ApiSchema): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice('#/definitions/'.length);
    return VALUES.get(name) ?? structOf(name, KUBERNETES_API.definitions[name] ?? {});
  }
  if (schema.type === 'array') return fc.array(valueOf(schema.items ?? {}), { minLength: 1, maxLength: 2 });
  if (schema.additionalProperties !== undefined) {
    const keys = fc.constantFrom('a', 'example.com/b', '__proto__');
    return fc.dictionary(keys, valueOf(schema.additionalProperties), { minKeys: 1, maxKeys: 2, noNullPrototype: true });
  }
  if (schema.format === 'byte') return fc.constantFrom('eA==', 'AP8=');
  if (schema.type === 'integer') return fc.constantFrom(1, -1, 70_000, -70_000);
  if (schema.type === 'number') return fc.constantFrom(0.5, -3);
  if (schema.type === 'boolean') return fc.constant(true);
  return fc.constantFrom('a', 'ü', 'a longer text with\nlines');
}

function structOf(name: string, schema: ApiSchema): fc.Arbitrary<Record<string, unknown>> {
  const properties = Object.entries(schema.properties ?? {}).filter(([field]) => {
    // What an object is of is not said on the wire where it stands in another.
    const isType = schema['x-kubernetes-group-version-kind'] !== undefined && ['apiVersion', 'kind'].includes(field);
    return !isType && !UNNUMBERED.has(`${name}.${field}`);
  });
  return fc
    .subarray(properties, { maxLength: Math.min(MOST_FIELDS, properties.length) })
    .chain((chosen) => fc.record(Object.fromEntries(chosen.map(([field, of]) => [field, valueOf(of)]))));
}

/** Kinds that are Shiplog's own are JSON alone, as those of definitions are: nobody has numbers of their fields. */
const isNumbered = ({ group }: { readonly group: string }): boolean => !group.endsWith('.shiplog.dev');

describe('an object in protobuf says what it says in JSON', () => {
  const numbered = RESOURCES.filter(isNumbered);
  const kinds = numbered.flatMap(({ kind, versions }) =>
    versions.flatMap((version) =>
      typeof version.schema === 'string'
        ? [{ kind, apiVersion: apiVersionOf(version), definition: version.schema }]
        : [],
    ),
  );
  it('of every kind', () => expect(kinds.length).toBeGreaterThanOrEqual(numbered.length));

  it.each(kinds)('$apiVersion $kind', ({ kind, apiVersion, definition }) => {
    const { properties = {} } = KUBERNETES_API.definitions[definition] ?? {};
    const { apiVersion: _apiVersion, kind: _kind, ...fields } = properties;
    const content = fc.record(Object.fromEntries(Object.entries(fields).map(([field, of]) => [field, valueOf(of)])), {
      requiredKeys: [],
    });
    fc.assert(
      fc.property(content, (given) => {
        const object = { ...given, apiVersion, kind };
        expect(decodeKubernetesProtobuf(encodeKubernetesProtobuf(definition, object))).toEqual(object);
      }),
      { numRuns: 100 },
    );
  });
});
