import { Catalog } from '@shiplog/apimachinery';
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
const core = openApiV3(versions[0]!, 'v1') as Document;

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

  it('is found by its index', () => {
    expect(versions.map(openApiName).slice(0, 3)).toEqual([
      'api/v1',
      'apis/events.k8s.io/v1',
      'apis/discovery.k8s.io/v1',
    ]);
    expect(openApiV3Index({ 'api/v1': 'H' })).toEqual({
      paths: { 'api/v1': { serverRelativeURL: '/openapi/v3/api/v1?hash=H' } },
    });
  });
});

describe('OpenAPI v2', () => {
  const document = openApiV2(api, 'v1');

  it('has the merge keys that kubectl apply computes patches with', () => {
    const spec = document.definitions['io.k8s.api.core.v1.PodSpec'];
    expect(spec?.properties?.containers?.['x-kubernetes-patch-merge-key']).toBe('name');
  });

  it('says the same as protobuf', () => {
    const bytes = openApiV2Protobuf(api, document);
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
