import { Catalog } from '@shiplog/apimachinery';
import { builtIn, type ApiSchema } from '@shiplog/contracts';
import { servedApi } from '../discovery/served';
import { readFields, type Span } from '../protobuf/read-wire';
import { openApiV2Protobuf } from './protobuf';
import { openApiV2 } from './v2';
import { openApiName, openApiV3, openApiV3Index } from './v3';

interface Document {
  paths: Record<
    string,
    Record<string, { parameters?: { name: string }[]; 'x-kubernetes-group-version-kind'?: unknown }>
  >;
  components: { schemas: Record<string, unknown> };
}

const api = servedApi(Catalog.builtIn);
const versions = api.groups.flatMap((group) => group.versions);
const core = JSON.parse(made(openApiV3(versions[0]!, 'v1'))) as Document;

/** What steps come to. */
function made<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

describe('OpenAPI v3', () => {
  it('holds every definition that it refers to', () => {
    const text = JSON.stringify(core);
    const refs = new Set([...text.matchAll(/#\/components\/schemas\/([^"]+)/g)].map((match) => match[1]));
    expect(refs.size).toBeGreaterThan(150);
    for (const ref of refs) expect(core.components.schemas).toHaveProperty([ref ?? '']);
  });

  it('says that patches take fieldValidation, by which kubectl leaves validation to the server', () => {
    const patch = core.paths['/api/v1/namespaces/{namespace}/pods/{name}']?.patch;
    expect(patch?.parameters?.map((item) => item.name)).toContain('fieldValidation');
    expect(patch?.['x-kubernetes-group-version-kind']).toEqual({ group: '', version: 'v1', kind: 'Pod' });
  });

  it('has quantities and ports that may be numbers or texts', () => {
    expect(core.components.schemas['io.k8s.apimachinery.pkg.util.intstr.IntOrString']).toMatchObject({
      oneOf: expect.anything() as unknown,
    });
  });

  it('says the same of a field, whether it is of a definition or holds a value', () => {
    const { spec } = (core.components.schemas['io.k8s.api.core.v1.Pod'] as ApiSchema).properties ?? {};
    expect(spec).toEqual({
      description: expect.stringContaining('containers') as string,
      allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.PodSpec' }],
    });
  });

  it('is found by its index', () => {
    const names = versions.map(openApiName);
    expect(names.slice(0, 3)).toEqual(['api/v1', 'apis/apiregistration.k8s.io/v1', 'apis/apps/v1']);
    expect(names.filter((name) => name.includes('autoscaling'))).toEqual([
      'apis/autoscaling/v2',
      'apis/autoscaling/v1',
    ]);
    expect(openApiV3Index(new Map([['api/v1', 'H']]))).toEqual({
      paths: { 'api/v1': { serverRelativeURL: '/openapi/v3/api/v1?hash=H' } },
    });
  });
});

describe('OpenAPI v2', () => {
  const document = JSON.parse(made(openApiV2(api, 'v1'))) as { definitions: Record<string, ApiSchema> };

  it('has the merge keys that kubectl apply computes patches with', () => {
    const spec = document.definitions['io.k8s.api.core.v1.PodSpec'];
    expect(spec?.properties?.containers?.['x-kubernetes-patch-merge-key']).toBe('name');
  });

  it('says the same as protobuf', () => {
    const bytes = made(openApiV2Protobuf(api, 'v1'));
    const fields = readFields({ bytes, from: 0, to: bytes.length });
    expect(fields.map((field) => field.number)).toEqual([1, 2, 8, 9]);
    const definitions = readFields(fields[3]?.value as Span).map((entry) => {
      const [name] = readFields(entry.value as Span);
      const { from, to } = name?.value as Span;
      return Buffer.from(bytes.subarray(from, to)).toString();
    });
    expect(definitions).toEqual(Object.keys(document.definitions));
  });
});

describe('a kind that came at run time', () => {
  const schema = {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        required: ['size', 'maybe'],
        properties: {
          size: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
          maybe: { type: 'string', nullable: true, description: 'May be null.' },
          open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { a: { type: 'string' } } },
        },
      },
    },
  };
  const crontabs = {
    ...builtIn('configmaps'),
    id: 'crontabs.example.com',
    group: 'example.com',
    plural: 'crontabs',
    kind: 'CronTab',
    versions: [{ group: 'example.com', version: 'v1', served: true, subresources: ['status'], schema }],
  } as const;
  const withCrontabs = servedApi(Catalog.builtIn.with(crontabs));
  const group = withCrontabs.group('example.com')!.versions[0];
  const specIn = (schemas: Record<string, unknown>): unknown =>
    (schemas['com.example.v1.CronTab'] as ApiSchema).properties?.['spec'];

  it('is in OpenAPI v3 as it is', () => {
    const { components } = JSON.parse(made(openApiV3(group, 'v1'))) as Document;
    expect(specIn(components.schemas)).toEqual(schema.properties.spec);
  });

  it('is in OpenAPI v2 as far as that and its readers go', () => {
    const { definitions } = JSON.parse(made(openApiV2(withCrontabs, 'v1'))) as {
      definitions: Record<string, ApiSchema>;
    };
    expect(specIn(definitions)).toEqual({
      type: 'object',
      required: ['size'],
      properties: {
        size: { 'x-kubernetes-int-or-string': true },
        maybe: { description: 'May be null.' },
        open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
    });
  });

  it('leaves the documents of all other groups as they are', () => {
    const others = withCrontabs.groups.filter((item) => item.group !== 'example.com');
    expect(others.flatMap((item) => item.versions)).toEqual(versions);
    for (const [index, version] of others.flatMap((item) => item.versions).entries())
      expect(version).toBe(versions[index]);
    const again = servedApi(
      Catalog.builtIn.with(crontabs).with({ ...crontabs, id: 'others.example.com', plural: 'others' }),
    );
    expect(again.group('example.com')?.versions[0]).not.toBe(group);
  });
});
