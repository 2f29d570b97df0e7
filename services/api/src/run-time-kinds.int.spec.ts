import type { Bus } from '@shiplog/bus';
import type { AnyCommand } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { aCronTab, aDefinition, CRONTABS, DEFINITIONS } from '../../../libs/apimachinery/src/testing/definitions';
import { Rig } from './testing/rig';
import { manifest } from './testing/steps';

const COLUMNS = [
  { name: 'Size', type: 'integer', jsonPath: '.spec.replicas' },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
];
const [beta, v1] = (aDefinition().spec as { versions: object[] }).versions;
const VERSIONS = [
  beta,
  { ...v1, additionalPrinterColumns: COLUMNS, selectableFields: [{ jsonPath: '.spec.replicas' }] },
];

let rig: Rig;
let bus: Bus;
beforeAll(async () => {
  rig = await Rig.start();
  bus = await rig.nats.bus('spec');
});
afterAll(async () => {
  await rig?.stop();
});

const kubectl = (args: string, options?: Parameters<Rig['kubectl']>[1]): Promise<string> => rig.kubectl(args, options);
const json = async (path: string): Promise<Record<string, unknown>> =>
  JSON.parse((await rig.http('GET', path)).body) as Record<string, unknown>;
const command = (name: string, fields: Pick<AnyCommand, 'type' | 'data'>) =>
  bus.command({ id: `spec-${name}`, actor: 'admin', ...fields } as AnyCommand);
const BETA = '/apis/stable.example.com/v1beta1/namespaces/default/crontabs';
const V1 = '/apis/stable.example.com/v1/namespaces/default/crontabs';

describe('a resource that came at run time, to kubectl', () => {
  it('is not served before its definition, and at once with it', async () => {
    expect((await rig.http('GET', V1)).code).toBe(404);
    const object = aDefinition({ versions: VERSIONS });
    expect(
      await command('define', { type: 'CreateObject', data: { resource: DEFINITIONS, namespace: '', object } }),
    ).toMatchObject({ ok: true });
    await eventually(async () => (await rig.http('GET', V1)).code === 200);
    expect(await kubectl('api-resources --api-group=stable.example.com')).toMatch(
      /^crontabs +ct +stable\.example\.com\/v1 +true +CronTab$/m,
    );
    expect(await kubectl('api-versions')).toMatch(/stable\.example\.com\/v1\nstable\.example\.com\/v1beta1/);
  });

  it('is created, applied, listed by its columns and chosen by its fields', async () => {
    const file = manifest(aCronTab('nightly', { schedule: '@daily', replicas: 3 }));
    expect(await kubectl('apply -f -', file)).toBe('crontab.stable.example.com/nightly created\n');
    expect(await kubectl('apply -f -', file)).toBe('crontab.stable.example.com/nightly unchanged\n');
    expect(await kubectl('get ct')).toMatch(/^NAME +SIZE +AGE\nnightly +3 +\d+s\n$/);
    expect(await kubectl('get crontabs --field-selector=spec.replicas=3 -o name')).toContain('nightly');
    expect(await kubectl('get crontabs --field-selector=spec.replicas=4')).toContain('No resources found');
    await expect(kubectl('get crontabs --field-selector=spec.color=red')).rejects.toThrow(/field label not supported/);
    expect(await kubectl('describe ct nightly')).toMatch(/Schedule: +@daily/);
    expect(await kubectl('explain crontabs.spec')).toMatch(/schedule\s+<string>/);
  });

  it('warns of fields that its schema does not know, and does not keep them', async () => {
    const file = manifest(aCronTab('odd', { other: 1 }));
    expect(await kubectl('create -f - --validate=warn', file)).toMatch(/unknown field "spec\.other"/);
    expect(await kubectl("get ct odd -o jsonpath='{.spec}'")).toBe('{}');
    await expect(kubectl('create -f - --validate=strict', manifest(aCronTab('odder', { other: 1 })))).rejects.toThrow(
      /strict decoding error: unknown field "spec\.other"/,
    );
  });

  it('is scaled, and has a status of its own', async () => {
    expect(await kubectl('scale crontab nightly --replicas=7')).toMatch(/scaled/);
    expect(await json(`${V1}/nightly/scale`)).toMatchObject({ kind: 'Scale', spec: { replicas: 7 } });
    const status = '{"status":{"replicas":7,"selector":"a=b"},"spec":{"replicas":1}}';
    await kubectl(`patch ct nightly --subresource=status --type=merge -p ${status}`);
    expect(await json(`${V1}/nightly/scale`)).toMatchObject({ status: { replicas: 7, selector: 'a=b' } });
    expect((await rig.http('GET', `${BETA}/nightly/scale`)).code).toBe(404);
  });

  it('speaks each of its versions, watches included', async () => {
    expect(await json(`${BETA}/nightly`)).toMatchObject({ apiVersion: 'stable.example.com/v1beta1', kind: 'CronTab' });
    expect(await json(BETA)).toMatchObject({ apiVersion: 'stable.example.com/v1beta1', kind: 'CronTabList' });
    const watched = await rig.http('GET', `${BETA}?watch=true&timeoutSeconds=1`);
    const kinds = watched.body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { object: { apiVersion: string } });
    expect(kinds.length).toBeGreaterThan(0);
    for (const { object } of kinds) expect(object.apiVersion).toBe('stable.example.com/v1beta1');
    const old = { ...aCronTab('old', { replicas: 1 }), apiVersion: 'stable.example.com/v1beta1' };
    expect(await kubectl('create -f -', manifest(old))).toContain('created');
    expect(await json(`${V1}/old`)).toMatchObject({ apiVersion: 'stable.example.com/v1' });
    expect((await rig.http('GET', '/apis/stable.example.com/v2')).code).toBe(404);
  });

  it('is deleted, and is gone with its definition', async () => {
    await kubectl('delete crontabs --all');
    expect(await kubectl('get crontabs')).toContain('No resources found');
    await command('forget', { type: 'DeleteObject', data: { resource: DEFINITIONS, namespace: '', name: CRONTABS } });
    await eventually(async () => (await rig.http('GET', V1)).code === 404);
    expect(await kubectl('api-versions')).not.toContain('stable.example.com');
  });
});

describe('a definition, by kubectl', () => {
  const name = 'widgets.shop.example.com';
  const widget = (metadata: string, spec: object) =>
    manifest({
      apiVersion: 'shop.example.com/v1',
      kind: 'Widget',
      metadata: { name: metadata, namespace: 'default' },
      spec,
    });
  const spec = {
    type: 'object',
    required: ['size'],
    properties: {
      size: { type: 'integer', minimum: 1, description: 'How large the widget is.' },
      color: { type: 'string', enum: ['red', 'blue'], default: 'red' },
      ports: {
        type: 'array',
        items: { type: 'object', properties: { name: { type: 'string' }, port: { type: 'integer' } } },
      },
    },
  };
  const definition = (of: object = spec) => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name },
    spec: {
      group: 'shop.example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'], categories: ['all'] },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties: { spec: of } } },
          additionalPrinterColumns: [
            { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
            { name: 'Https', type: 'string', jsonPath: '.spec.ports[?(@.name=="https")].port' },
          ],
        },
      ],
    },
  });

  it('is refused in the words of Kubernetes', async () => {
    const file = manifest(definition({ type: 'array' }));
    await expect(kubectl('create -f -', file)).rejects.toThrow(
      /spec\.validation\.openAPIV3Schema\.properties\[spec\]\.items: Required value: must be specified/,
    );
  });

  it('is applied, waited for, listed and explained', async () => {
    expect(await kubectl('apply -f -', manifest(definition()))).toContain('created');
    expect(await kubectl(`wait --for=condition=Established crd/${name} --timeout=5s`)).toContain('condition met');
    expect(await kubectl('get crd')).toMatch(/^NAME +CREATED AT\n[^]*widgets\.shop\.example\.com +\d{4}-/);
    expect(await kubectl('apply -f -', manifest(definition()))).toContain('unchanged');
    expect(await kubectl('explain widgets.spec.size')).toContain('How large the widget is.');
    expect(await kubectl('explain widgets.spec.color')).toMatch(/ENUM[^]*red[^]*blue|string/);
  });

  it('has its objects defaulted, validated and shown', async () => {
    await kubectl(
      'create -f -',
      widget('good', {
        size: 2,
        ports: [
          { name: 'http', port: 80 },
          { name: 'https', port: 443 },
        ],
      }),
    );
    expect(await kubectl("get widget good -o jsonpath='{.spec.color}'")).toBe('red');
    expect(await kubectl('get wd')).toMatch(/^NAME +SIZE +HTTPS\ngood +2 +443\n$/);
    await expect(kubectl('create -f -', widget('bad', { size: 0, color: 'green' }))).rejects.toThrow(
      /spec\.color: Unsupported value: "green": supported values: "red", "blue"[^]*spec\.size: Invalid value: 0: spec\.size in body should be greater than or equal to 1/,
    );
    await expect(kubectl('patch wd good --type=merge -p {"spec":{"size":null}}')).rejects.toThrow(
      /spec\.size: Required value/,
    );
  });

  it('gives a new default to what was stored before it', async () => {
    const more = { ...spec, properties: { ...spec.properties, shape: { type: 'string', default: 'round' } } };
    expect(await kubectl('apply -f -', manifest(definition(more)))).toContain('configured');
    await eventually(async () => (await kubectl("get widget good -o jsonpath='{.spec.shape}'")) === 'round');
  });

  it('waits, when deleted, for its objects to go', async () => {
    await kubectl(`delete crd ${name} --wait=false`);
    await expect(kubectl('create -f - --validate=false', widget('late', { size: 1 }))).rejects.toThrow(
      /create not allowed while custom resource definition is terminating/,
    );
    expect(await kubectl(`get crd ${name} -o jsonpath='{.status.conditions[2].type}'`)).toBe('Terminating');
    await kubectl('delete widgets --all');
    await kubectl(`patch crd ${name} --type=merge -p {"metadata":{"finalizers":[]}}`);
    await expect(kubectl(`get crd ${name}`)).rejects.toThrow(/NotFound/);
  });
});

describe('a definition with a status, two versions and rules', () => {
  const rule = (of: string, message: string) => ({ rule: of, message });
  const spec = {
    type: 'object',
    properties: { min: { type: 'integer' }, max: { type: 'integer' }, class: { type: 'string', maxLength: 50 } },
    'x-kubernetes-validations': [
      rule('self.min <= self.max', 'min may not be above max'),
      rule('!has(oldSelf.class) || self.class == oldSelf.class', 'class is immutable'),
    ],
  };
  const definition = (of: object) => {
    const openAPIV3Schema = {
      type: 'object',
      properties: { spec: of, status: { type: 'object', properties: { now: { type: 'integer' } } } },
    };
    const version = { served: true, schema: { openAPIV3Schema }, subresources: { status: {} } };
    return manifest({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'scalers.shop.example.com' },
      spec: {
        group: 'shop.example.com',
        scope: 'Namespaced',
        names: { plural: 'scalers', kind: 'Scaler' },
        versions: [
          { ...version, name: 'v1', storage: true },
          { ...version, name: 'v1beta1', storage: false, deprecated: true },
        ],
      },
    });
  };
  const scaler = (version: string, of: object) =>
    manifest({
      apiVersion: `shop.example.com/${version}`,
      kind: 'Scaler',
      metadata: { name: 'one', namespace: 'default' },
      spec: of,
    });

  it('is refused where a rule is none, or may cost too much', async () => {
    const wrong = { ...spec, 'x-kubernetes-validations': [{ rule: 'self.none > 1' }] };
    await expect(kubectl('create -f -', definition(wrong))).rejects.toThrow(
      /compilation failed: ERROR: <input>:1:6: undefined field 'none'/,
    );
    const list = {
      type: 'array',
      items: { type: 'string' },
      'x-kubernetes-validations': [{ rule: 'self.all(x, x.contains("a"))' }],
    };
    await expect(kubectl('create -f -', definition({ type: 'object', properties: { list } }))).rejects.toThrow(
      /estimated rule cost exceeds budget by factor of more than 100x/,
    );
  });

  it('has its rules kept by every write, in each version', async () => {
    await kubectl('create -f -', definition(spec));
    await kubectl('wait --for=condition=Established crd/scalers.shop.example.com --timeout=5s');
    await expect(kubectl('create -f -', scaler('v1', { min: 3, max: 2 }))).rejects.toThrow(
      /spec: Invalid value: "object": min may not be above max/,
    );
    expect(await kubectl('create -f -', scaler('v1beta1', { min: 1, max: 2, class: 'a' }))).toContain('created');
    await expect(kubectl('patch scaler one --type=merge -p {"spec":{"class":"b"}}')).rejects.toThrow(
      /class is immutable/,
    );
    await kubectl('patch scaler one --subresource=status --type=merge -p {"status":{"now":2},"spec":{"min":9}}');
    expect(await json('/apis/shop.example.com/v1/namespaces/default/scalers/one')).toMatchObject({
      metadata: { generation: 1 },
      spec: { min: 1 },
      status: { now: 2 },
    });
    await expect(
      kubectl('patch scaler one --subresource=status --type=merge -p {"status":{"now":"x"}}'),
    ).rejects.toThrow(/status\.now: Invalid value: "string"/);
  });

  it('warns of a version that is deprecated', async () => {
    expect(await kubectl('get scalers.v1beta1.shop.example.com')).toContain(
      'Warning: shop.example.com/v1beta1 Scaler is deprecated',
    );
    expect(await kubectl('get scalers.v1.shop.example.com')).not.toContain('Warning');
  });
});

describe('events, which two groups serve', () => {
  const event = {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: 'told', namespace: 'default' },
    eventTime: '2026-01-01T00:00:00.000000Z',
    reportingController: 'example.com/reporter',
    reportingInstance: 'reporter-1',
    action: 'Telling',
    reason: 'Told',
    type: 'Normal',
    note: 'a note',
    regarding: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'about' },
  };
  const NEWER = '/apis/events.k8s.io/v1/namespaces/default/events';

  it('are one, in the words of each', async () => {
    expect(await kubectl('create -f -', manifest(event))).toBe('event.events.k8s.io/told created\n');
    expect(await json(`${NEWER}/told`)).toMatchObject(event);
    expect(await json('/api/v1/namespaces/default/events/told')).toMatchObject({
      apiVersion: 'v1',
      message: 'a note',
      involvedObject: { name: 'about' },
      reportingComponent: 'example.com/reporter',
    });
    const chosen = (await json(`${NEWER}?fieldSelector=regarding.name%3Dabout`)) as { items: unknown[] };
    expect(chosen).toMatchObject({ kind: 'EventList', apiVersion: 'events.k8s.io/v1', items: [{ note: 'a note' }] });
    expect(await kubectl('events --for=configmap/about')).toMatch(/Told +ConfigMap\/about +a note/);
  });

  it('are stricter in the newer one, whose events only go on', async () => {
    const { eventTime: _none, ...timeless } = event;
    const bare = manifest({ ...timeless, metadata: { name: 'bare', namespace: 'default' }, type: 'Odd' });
    await expect(kubectl('create -f - --validate=false', bare)).rejects.toThrow(
      /eventTime: Required value[^]*type: Invalid value/,
    );
    await expect(kubectl('patch events.v1.events.k8s.io told --type=merge -p {"note":"other"}')).rejects.toThrow(
      /immutable/,
    );
    const series = '{"series":{"count":2,"lastObservedTime":"2026-01-01T00:01:00.000000Z"}}';
    expect(await kubectl(`patch events.v1.events.k8s.io told --type=merge -p ${series}`)).toContain('patched');
  });
});
