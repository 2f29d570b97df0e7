import { builtIn, type BuiltIn } from '@shiplog/contracts';
import fc from 'fast-check';
import { type Schema, definition, referenceOf } from '../schema/definitions';

/** Texts that some field somewhere takes seriously, and some that none does. */
const TEXTS = [
  '', 'a', 'web', 'Always', 'Never', 'TCP', 'UDP', 'http', '10.0.0.1', '10.96.0.7', '10.244.0.0/24', 'ClusterIP', 'NodePort',
  'ExternalName', 'None', 'ClientIP', 'Exists', 'Equal', 'In', 'Gt', 'NoExecute', 'IPv4', 'FQDN', 'Opaque', 'example.com', 'a/b',
  '/path', '../up', 'NOT VALID', '__proto__', 'metadata.name', 'Local', 'ClusterFirst', 'File', 'kubernetes.io/tls',
]; // prettier-ignore
const KEYS = ['a', 'app', 'cpu', 'memory', 'tls.crt', 'kubernetes.io/metadata.name', 'not valid', 'constructor'];
const MOST_FIELDS = 5;

const APIEXTENSIONS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';
/** Schemas hold schemas without end. */
const SCHEMA = fc.constantFrom({ type: 'object' }, { type: 'object', properties: { a: { type: 'string' } } }, {});

const SCALARS: Record<string, fc.Arbitrary<unknown>> = {
  [`${APIEXTENSIONS}.JSONSchemaProps`]: SCHEMA,
  'io.k8s.apimachinery.pkg.api.resource.Quantity': fc.constantFrom('1', '100m', '1Gi', '-1', '0', '2', 'much'),
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': fc.constantFrom(80, 'http', 0, -1, '', 70000, 'NOT'),
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': fc.constantFrom('2024-01-01T00:00:00Z', '2024-01-01T00:00:00.5+01:00'),
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': fc.constantFrom('2024-01-01T00:00:00.000000Z'),
};

function valueOfSchema(schema: Schema): fc.Arbitrary<unknown> {
  const name = referenceOf(schema);
  if (name !== undefined) return SCALARS[name] ?? structOf(definition(name));
  if (schema.type === 'array') return fc.array(valueOfSchema(schema.items ?? {}), { maxLength: 2 });
  if (schema.additionalProperties !== undefined) {
    return fc.dictionary(fc.constantFrom(...KEYS), valueOfSchema(schema.additionalProperties), { maxKeys: 2 });
  }
  if (schema.format === 'byte') return fc.constantFrom('', 'eA==', 'eHk=');
  if (schema.type === 'integer' || schema.type === 'number') return fc.constantFrom(0, 1, -1, 80, 30080, 70000);
  if (schema.type === 'boolean') return fc.boolean();
  return schema.type === 'object' ? fc.constant({}) : fc.constantFrom(...TEXTS);
}

/** Some of a struct's fields, each with some value of its declared type. */
function structOf(schema: Schema): fc.Arbitrary<Record<string, unknown>> {
  const properties = Object.entries(schema.properties ?? {});
  const always = new Set(schema.required ?? []);
  return fc.subarray(properties, { maxLength: Math.min(MOST_FIELDS, properties.length) }).chain((chosen) => {
    const fields = [...chosen, ...properties.filter((entry) => always.has(entry[0]) && !chosen.includes(entry))];
    return fc.record(
      Object.fromEntries(fields.map(([field, of]) => [field, fc.option(valueOfSchema(of), { nil: null, freq: 8 })])),
    );
  });
}

/** Objects of a resource as a careless client might write them: well-typed, half filled in, full of odd values. */
export function anyObject(resource: BuiltIn): fc.Arbitrary<Record<string, unknown>> {
  const { properties = {} } = definition(builtIn(resource).versions[0].schema as string);
  const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, ...fields } = properties;
  const content = fc.record(
    Object.fromEntries(Object.entries(fields).map(([field, of]) => [field, valueOfSchema(of)])),
  );
  return content.map((object) => ({ ...object, metadata: { name: 'x' } }));
}
