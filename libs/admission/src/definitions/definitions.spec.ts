import { builtIn, type KubeObject, type KubeStatus } from '@shiplog/contracts';
import { DEFINITIONS } from '@shiplog/apimachinery';
import { aDefinition } from '../../../apimachinery/src/testing/definitions';
import { admitCreate } from '../create';
import { admission, stored } from '../testing/builders';
import { admitUpdate } from '../update';

const row = builtIn(DEFINITIONS);

/** What is wrong with a definition, as `field: message`. */
function wrongWith(object: KubeObject): string[] {
  const result = admitCreate(row, object, admission());
  return result.ok ? [] : said(result.status);
}

function said({ details, message }: KubeStatus): string[] {
  return details?.causes?.map((cause) => `${cause.field}: ${cause.message}`) ?? [message ?? ''];
}

/** The definition with a schema for `spec.x`. */
function withField(field: object, version: object = {}): KubeObject {
  const openAPIV3Schema = { type: 'object', properties: { spec: { type: 'object', properties: { x: field } } } };
  return withSchema(openAPIV3Schema, version);
}

function withSchema(openAPIV3Schema: object, version: object = {}): KubeObject {
  return aDefinition({
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema }, ...version }],
  });
}

const ROOT = 'spec.validation.openAPIV3Schema';
const X = `${ROOT}.properties[spec].properties[x]`;
const LABEL =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

describe('a definition', () => {
  it('is admitted as charts have them, with what may be left out', () => {
    const result = admitCreate(row, aDefinition(), admission());
    expect(result).toMatchObject({
      ok: true,
      value: {
        spec: { names: { singular: 'crontab', listKind: 'CronTabList' }, conversion: { strategy: 'None' } },
        status: {
          acceptedNames: { plural: 'crontabs', singular: 'crontab', kind: 'CronTab', shortNames: ['ct'] },
          storedVersions: ['v1'],
          conditions: [
            { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts' },
            { type: 'Established', status: 'True', reason: 'InitialNamesAccepted' },
          ],
        },
      },
    });
  });

  const version = { name: 'v1', served: true, storage: true };
  it.each<[string, object, string]>([
    ['no group', { group: '' }, 'spec.group: Required value'],
    ['a group of one label', { group: 'stable' }, 'spec.group: Invalid value: "stable": should be a domain with at least one dot'],
    ['no scope', { scope: '' }, 'spec.scope: Required value'],
    ['another scope', { scope: 'World' }, 'spec.scope: Unsupported value: "World": supported values: "Cluster", "Namespaced"'],
    ['a version without a schema', { versions: [version] }, 'spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required'],
    ['a version of a bad name', { versions: [{ ...version, name: 'V1' }] }, `spec.versions[0].name: Invalid value: "V1": ${LABEL}`],
    ['a short name that is none', { names: { plural: 'crontabs', kind: 'CronTab', shortNames: ['C'] } }, `spec.names.shortNames[0]: Invalid value: "C": ${LABEL}`],
    ['a kind that is none', { names: { plural: 'crontabs', kind: 'Cron_Tab' } }, `spec.names.kind: Invalid value: "Cron_Tab": may have mixed case, but should otherwise match: ${LABEL}`],
    ['a kind called as its list', { names: { plural: 'crontabs', kind: 'A', listKind: 'A' } }, 'spec.names.listKind: Invalid value: "A": kind and listKind may not be the same'],
    ['fields that no schema knows', { preserveUnknownFields: true }, 'spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead'],
    ['a conversion that is none', { conversion: { strategy: 'Magic' } }, 'spec.conversion.strategy: Unsupported value: "Magic": supported values: "None", "Webhook"'],
    ['a webhook that is nowhere', { conversion: { strategy: 'Webhook' } }, 'spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook'],
    ['a webhook for None', { conversion: { strategy: 'None', webhook: { clientConfig: { url: 'https://a' }, conversionReviewVersions: [] } } }, 'spec.conversion.webhookClientConfig: Forbidden: should not be set when strategy is not set to Webhook'],
    ['a webhook by http', { conversion: { strategy: 'Webhook', webhook: { clientConfig: { url: 'http://a' }, conversionReviewVersions: ['v1'] } } }, "spec.conversion.webhookClientConfig.url: Invalid value: \"http\": 'https' is the only allowed URL scheme; desired format: https://host[/path]"],
    ['a webhook of an unknown review', { conversion: { strategy: 'Webhook', webhook: { clientConfig: { url: 'https://a' }, conversionReviewVersions: ['v9'] } } }, 'spec.conversion.conversionReviewVersions: Invalid value: []string{"v9"}: must include at least one of v1, v1beta1'],
  ])('is refused with %s', (_with, spec, text) => {
    expect(wrongWith(aDefinition(spec))).toContain(text);
  }); // prettier-ignore

  it('is refused with two versions to store, or of one name', () => {
    const versions = ['v1', 'v1'].map((name) => ({
      ...version,
      name,
      schema: { openAPIV3Schema: { type: 'object' } },
    }));
    const texts = wrongWith(aDefinition({ versions })).join();
    expect(texts).toContain('must contain unique version names');
    expect(texts).toContain('must have exactly one version marked as storage version');
  });

  it('of a group of Kubernetes must have been approved', () => {
    const at = (annotation?: string): string[] => {
      const object = aDefinition({ group: 'stable.k8s.io' });
      const annotations: Record<string, string> =
        annotation === undefined ? {} : { 'api-approved.kubernetes.io': annotation };
      return wrongWith({ ...object, metadata: { name: 'crontabs.stable.k8s.io', annotations } });
    };
    expect(at()[0]).toMatch(/^metadata\.annotations\[api-approved\.kubernetes\.io\]: Required value: protected groups/);
    expect(at('yes')[0]).toMatch(/Invalid value: "yes": protected groups .* with either a URL or a reason/);
    expect(at('unapproved, for a test')).toEqual([]);
    expect(at('https://github.com/kubernetes/kubernetes/pull/78458')).toEqual([]);
  });

  it('is spoken of by its versions, where they differ', () => {
    const schema = (type: string) => ({ openAPIV3Schema: { type: 'object', properties: { spec: { type } } } });
    const versions = [
      { ...version, schema: schema('object') },
      { ...version, name: 'v2', storage: false, schema: schema('odd') },
    ];
    expect(wrongWith(aDefinition({ versions }))).toEqual([
      'spec.versions[1].schema.openAPIV3Schema.properties[spec].type: Unsupported value: "odd": supported values: "array", "boolean", "integer", "number", "object", "string"',
    ]);
  });
});

describe('a schema', () => {
  const text = { type: 'string' };
  it.each<[string, object, string]>([
    ['no type', {}, `${X}.type: Required value: must not be empty for specified object fields`],
    ['no type of items', { type: 'array', items: {} }, `${X}.items.type: Required value: must not be empty for specified array items`],
    ['no items', { type: 'array' }, `${X}.items: Required value: must be specified`],
    ['a type within anyOf', { ...text, anyOf: [text] }, `${X}.anyOf[0].type: Forbidden: must be empty to be structural`],
    ['a default within allOf', { ...text, allOf: [{ default: 'a' }] }, `${X}.allOf[0].default: Forbidden: must be undefined to be structural`],
    ['a description within not', { ...text, not: { description: 'a' } }, `${X}.not.description: Forbidden: must be empty to be structural`],
    ['a pattern of Perl', { ...text, pattern: '(?=a)' }, `${X}.pattern: Invalid value: "(?=a)": must be a valid regular expression, but isn't: error parsing regexp: invalid or unsupported Perl syntax: \`(?=\``],
    ['int-or-string that keeps all', { 'x-kubernetes-int-or-string': true, 'x-kubernetes-preserve-unknown-fields': true }, `${X}.x-kubernetes-preserve-unknown-fields: Invalid value: true: must be false if x-kubernetes-int-or-string is true`],
    ['an embedded text', { ...text, 'x-kubernetes-embedded-resource': true }, `${X}.type: Invalid value: "string": must be object if x-kubernetes-embedded-resource is true`],
    ['an embedded object of nothing', { type: 'object', 'x-kubernetes-embedded-resource': true }, `${X}.properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields`],
    ['uniqueItems', { type: 'array', items: text, uniqueItems: true }, `${X}.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`],
    ['fields and more fields', { type: 'object', properties: { a: text }, additionalProperties: text }, `${X}.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`],
    ['a reference', { ...text, $ref: '#/a' }, `${X}.$ref: Forbidden: $ref is not supported`],
    ['definitions', { ...text, definitions: { a: text } }, `${X}.definitions: Forbidden: definitions is not supported`],
    ['the type null', { type: 'null' }, `${X}.type: Forbidden: type cannot be set to null, use nullable as an alternative`],
    ['preserve that is false', { type: 'object', 'x-kubernetes-preserve-unknown-fields': false }, `${X}.x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined`],
    ['a list type of a text', { ...text, 'x-kubernetes-list-type': 'set' }, `${X}.type: Invalid value: "string": must be array if x-kubernetes-list-type is specified`],
    ['an odd list type', { type: 'array', items: text, 'x-kubernetes-list-type': 'bag' }, `${X}.x-kubernetes-list-type: Unsupported value: "bag": supported values: "atomic", "map", "set"`],
    ['a set of objects', { type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'set' }, `${X}.items.x-kubernetes-map-type: Invalid value: "null": must be atomic as item of a list with x-kubernetes-list-type=set`],
    ['a map without keys', { type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'map' }, `${X}.x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map`],
    ['keys that are no fields', { type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['a'] }, `${X}.x-kubernetes-list-map-keys: Invalid value: []string{"a"}: entries must all be names of item properties`],
    ['keys that may be missing', { type: 'array', items: { type: 'object', properties: { a: text } }, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['a'] }, `${X}.items.properties[a].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`],
    ['an odd map type', { type: 'object', 'x-kubernetes-map-type': 'loose' }, `${X}.x-kubernetes-map-type: Unsupported value: "loose": supported values: "atomic", "granular"`],
    ['a default of another type', { type: 'integer', default: 'a' }, `${X}.default: Invalid value: "string":  in body must be of type integer: "string"`],
    ['a default with unknown fields', { type: 'object', properties: { a: text }, default: { b: 1 } }, `${X}.default: Invalid value: map[string]interface {}{"b":1}: must not have unknown fields`],
  ])('is refused with %s', (_with, field, message) => {
    expect(wrongWith(withField(field))).toContain(message);
  }); // prettier-ignore

  it.each<[string, object, string]>([
    ['no type at the root', {}, `${ROOT}.type: Required value: must not be empty at the root`],
    ['another type', { type: 'string' }, `${ROOT}.type: Invalid value: "string": must be object at the root`],
    ['more fields', { type: 'object', additionalProperties: text }, `${ROOT}.additionalProperties: Forbidden: must not be used at the root`],
    ['null', { type: 'object', nullable: true }, `${ROOT}.nullable: Forbidden: nullable cannot be true at the root`],
    ['metadata of its own', { type: 'object', properties: { metadata: { type: 'object', properties: { labels: { type: 'object' } } } } }, `${ROOT}.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified`],
    ['defaults of metadata', { type: 'object', properties: { metadata: { type: 'object', properties: { name: { ...text, default: 'a' } } } } }, `${ROOT}.properties[metadata].properties[name].default: Forbidden: must not be set in top-level metadata`],
    ['fields that are only in anyOf', { type: 'object', anyOf: [{ properties: { a: {} } }] }, `${ROOT}.properties[a]: Required value: because it is defined in ${ROOT}.anyOf[0].properties[a]`],
  ])('is refused with %s at its root', (_with, schema, message) => {
    expect(wrongWith(withSchema(schema))).toContain(message);
  }); // prettier-ignore

  it.each([
    { 'x-kubernetes-int-or-string': true },
    { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }], pattern: '^a' },
    { 'x-kubernetes-preserve-unknown-fields': true },
    { type: 'object', properties: { a: { type: 'string', default: 'b' } }, default: {} },
    { type: 'object', oneOf: [{ required: ['a'] }], properties: { a: text }, nullable: true },
  ])('is admitted: %j', (field) => {
    expect(wrongWith(withField(field))).toEqual([]);
  });

  it('of any depth is no danger', () => {
    let field: object = text;
    for (let depth = 0; depth < 90; depth++) field = { type: 'object', properties: { a: field } };
    expect(wrongWith(withField(field))).toEqual([]);
  });

  it('of half a megabyte takes a fraction of a second', () => {
    const field = {
      type: 'object',
      description: 'd'.repeat(100),
      properties: { a: text, b: { type: 'array', items: text } },
    };
    const properties = Object.fromEntries(Array.from({ length: 2_500 }, (_, i) => [`field${i}`, field]));
    const object = withField({ type: 'object', properties });
    expect(JSON.stringify(object).length).toBeGreaterThan(450_000);
    const start = process.cpuUsage();
    expect(wrongWith(object)).toEqual([]);
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(1_000);
  });
});

describe('fields by paths', () => {
  const scale = (paths: object) => withField({ type: 'integer' }, { subresources: { scale: paths } });
  it.each([
    [{ specReplicasPath: '', statusReplicasPath: '.status.a' }, 'spec.subresources.scale.specReplicasPath: Required value'],
    [{ specReplicasPath: 'spec', statusReplicasPath: '.status.a' }, 'spec.subresources.scale.specReplicasPath: Invalid value: "spec": must be a simple json path starting with .'],
    [{ specReplicasPath: '.spec.a', statusReplicasPath: '.spec.a' }, 'spec.subresources.scale.statusReplicasPath: Invalid value: ".spec.a": should be a json path under .status'],
  ])('of scale: %j', (paths, message) => {
    expect(wrongWith(scale(paths))).toEqual([message]);
  }); // prettier-ignore

  const column = { name: 'A', type: 'string', jsonPath: '.spec.x' };
  it.each([
    [{ ...column, name: '' }, 'spec.additionalPrinterColumns[0].name: Required value'],
    [{ ...column, type: 'text' }, 'spec.additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string'],
    [{ ...column, jsonPath: 'spec.x' }, 'spec.additionalPrinterColumns[0].JSONPath: Invalid value: "spec.x": must be a simple json path starting with .'],
  ])('of columns: %j', (additionalPrinterColumns, message) => {
    expect(wrongWith(withField({ type: 'string' }, { additionalPrinterColumns: [additionalPrinterColumns] }))).toEqual([message]);
  }); // prettier-ignore

  it.each([
    ['.spec.y', 'spec.selectableFields[0].jsonPath: Invalid value: ".spec.y": is an invalid path: does not refer to a valid field'],
    ['.spec', 'spec.selectableFields[0].jsonPath: Invalid value: ".spec": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.'],
  ])('to select by: %s', (jsonPath, message) => {
    expect(wrongWith(withField({ type: 'string' }, { selectableFields: [{ jsonPath }] }))).toEqual([message]);
  }); // prettier-ignore
});

describe('a change of a definition', () => {
  const created = admitCreate(row, aDefinition(), admission());
  const before = stored(created.ok ? created.value : aDefinition());
  const change = (spec: object): string[] => {
    const object = { ...before, spec: { ...(before.spec as object), ...spec } };
    const result = admitUpdate(row, undefined, before, object, admission());
    return result.ok ? [] : said(result.status);
  };
  const versions = (before.spec as { versions: { name: string }[] }).versions;

  it('keeps what its resource is told apart by', () => {
    expect(change({ scope: 'Cluster' })).toEqual(['spec.scope: Invalid value: "Cluster": field is immutable']);
    expect(change({ names: { plural: 'crontabs', kind: 'Other' } })).toEqual([
      'spec.names.kind: Invalid value: "Other": field is immutable',
    ]);
  });

  it('does not lose a version in which objects may be stored', () => {
    const [beta] = versions;
    expect(change({ versions: [{ ...beta, storage: true }] })).toEqual([
      'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 from status.storedVersions',
    ]);
  });

  it('notes another version that objects are stored in', () => {
    const object = {
      ...before,
      spec: {
        ...(before.spec as object),
        versions: versions.map((version) => ({ ...version, storage: version.name !== 'v1' })),
      },
    };
    const result = admitUpdate(row, undefined, before, object, admission());
    expect(result).toMatchObject({ ok: true, value: { status: { storedVersions: ['v1', 'v1beta1'] } } });
  });

  it('of its status leaves the resource served, and may let a version go', () => {
    const two = { ...before, status: { ...(before.status as object), storedVersions: ['v1beta1', 'v1'] } };
    const own = { type: 'Mine', status: 'True', reason: 'Because', message: 'm' };
    const submitted = {
      ...two,
      status: { conditions: [own], storedVersions: ['v1'], acceptedNames: { plural: 'x', kind: 'X' } },
    };
    expect(admitUpdate(row, 'status', two, submitted, admission())).toMatchObject({
      ok: true,
      value: {
        status: {
          acceptedNames: { plural: 'crontabs', kind: 'CronTab' },
          storedVersions: ['v1'],
          conditions: [{ type: 'NamesAccepted', status: 'True' }, { type: 'Established', status: 'True' }, own],
        },
      },
    });
  });
});
