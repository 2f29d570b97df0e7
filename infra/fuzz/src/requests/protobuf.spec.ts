import { decodeKubernetesProtobuf } from '@shiplog/representation';
import { readManifests, type Manifest } from '@shiplog/testing';
import { protobufOf } from './protobuf';

/** Go's types can't say that a field is false or 0 where it may be left out. */
function withoutZeros(manifest: unknown): Manifest {
  const text = JSON.stringify(manifest, (_key, value: unknown) => (value === false || value === 0 ? undefined : value));
  return JSON.parse(text) as Manifest;
}

describe('every kind in protobuf', () => {
  // Kinds that are Shiplog's own are JSON alone.
  const inProtobuf = readManifests().filter(({ apiVersion }) => !apiVersion.includes('.shiplog.dev/'));

  it.each(inProtobuf.map((manifest) => [`${manifest.apiVersion} ${manifest.kind}`, manifest] as const))(
    '%s is read as it was written',
    (_kind, manifest) => {
      const object = withoutZeros(JSON.parse(JSON.stringify(manifest)));
      expect(decodeKubernetesProtobuf(protobufOf(object) ?? Buffer.alloc(0))).toMatchObject(object);
    },
  );

  it('schemas are read with all that may stand in their place', () => {
    const schema = {
      type: 'object',
      default: { a: [1, null] },
      enum: [1, 'a'],
      additionalProperties: { type: 'string' },
      properties: { list: { type: 'array', items: { type: 'string' } }, open: { additionalProperties: true } },
    };
    const spec = {
      group: 'g',
      names: {},
      scope: 'Cluster',
      versions: [{ name: 'v1', schema: { openAPIV3Schema: schema } }],
    };
    const definition = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: {}, spec };
    expect(decodeKubernetesProtobuf(protobufOf(definition) ?? Buffer.alloc(0))).toMatchObject(definition);
  });

  it('schemas in schemas without end are refused', () => {
    let schema: object = { type: 'string' };
    for (let depth = 0; depth < 700; depth++) schema = { not: schema };
    const spec = { versions: [{ name: 'v1', schema: { openAPIV3Schema: schema } }] };
    const definition = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', spec };
    expect(() => decodeKubernetesProtobuf(protobufOf(definition) ?? Buffer.alloc(0))).toThrow('nested too deeply');
  });
});
