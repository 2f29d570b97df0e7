import { aCronTab, aDefinition, CRONTABS, DEFINITIONS } from '../../../apimachinery/src/testing/definitions';
import { hashCluster } from '../hash';
import { ClusterState } from '../state';
import { cluster, create, type Asked, type TestCluster } from './testing/given';

const define = (spec?: object): Asked => ({
  type: 'CreateObject',
  data: { resource: DEFINITIONS, namespace: '', object: aDefinition(spec) },
});
const createTab = (name: string, spec: object = {}): Asked => ({
  type: 'CreateObject',
  data: { resource: CRONTABS, namespace: 'default', object: aCronTab(name, spec) },
});
const nightly = { resource: CRONTABS, namespace: 'default', name: 'nightly' };
const patchTab = (patch: unknown, more: { subresource?: string; apiVersion?: string } = {}): Asked => ({
  type: 'PatchObject',
  data: { ...nightly, patchType: 'merge', patch, ...more },
});
const forget: Asked = { type: 'DeleteObject', data: { resource: DEFINITIONS, namespace: '', name: CRONTABS } };
const defined = (): TestCluster => cluster().given(define());
const tabOf = (at: TestCluster) => at.get(CRONTABS, 'default', 'nightly');

describe('a resource that a definition makes', () => {
  it('is none before, is one with its definition, and none after', () => {
    const at = cluster();
    expect(at.when(createTab('early')).rejection).toMatchObject({ code: 404, reason: 'NotFound' });
    at.given(define());
    expect(at.state.catalog.get(CRONTABS)?.kind).toBe('CronTab');
    expect(at.when(createTab('nightly')).types).toEqual([`${CRONTABS}.Created`]);
    const left: Asked = { type: 'DeleteCollection', data: { resource: CRONTABS, namespace: 'default' } };
    at.given(left).given(forget);
    expect(at.state.catalog.get(CRONTABS)).toBeUndefined();
    for (const asked of [createTab('late'), patchTab({ spec: { replicas: 1 } }), left]) {
      expect(at.when(asked).rejection).toMatchObject({ code: 404 });
    }
  });

  it('has objects with a generation, pruned by its schema, with nulls where they were written', () => {
    const at = defined().given(createTab('nightly', { schedule: null, other: 1 }));
    expect(tabOf(at)).toMatchObject({ apiVersion: 'stable.example.com/v1', metadata: { generation: 1, uid: 'uid-3' } });
    expect(tabOf(at)?.spec).toEqual({ schedule: null });
    const toNull: Asked = {
      type: 'PatchObject',
      data: { ...nightly, patchType: 'json', patch: [{ op: 'add', path: '/spec/suspend', value: null }] },
    };
    expect(at.when(toNull).types).toEqual([`${CRONTABS}.SpecChanged`]);
    expect(tabOf(at)?.spec).toEqual({ schedule: null, suspend: null });
    expect(tabOf(at)?.metadata.generation).toBe(2);
  });

  it('has the subresources that its definition names', () => {
    const at = defined().given(createTab('nightly', { replicas: 1 }));
    const status = patchTab(
      { status: { replicas: 1, selector: 'app=a' }, spec: { replicas: 9 } },
      { subresource: 'status' },
    );
    expect(at.when(status).types).toEqual([`${CRONTABS}.StatusChanged`]);
    expect(at.when(patchTab({ spec: { replicas: 5 } }, { subresource: 'scale' })).types).toEqual([
      `${CRONTABS}.SpecChanged`,
    ]);
    expect(tabOf(at)).toMatchObject({ spec: { replicas: 5 }, status: { replicas: 1 }, metadata: { generation: 2 } });
    expect(at.when(patchTab({ spec: { replicas: -1 } }, { subresource: 'scale' })).rejection?.code).toBe(422);
    expect(at.when(patchTab({}, { subresource: 'finalize' })).rejection?.code).toBe(404);
  });

  it('is written in any of its versions, and stored in one', () => {
    const object = { ...aCronTab('nightly', { replicas: 1 }), apiVersion: 'stable.example.com/v1beta1' };
    const { apiVersion } = object;
    const at = defined();
    const asked = (more: object): Asked => ({
      type: 'CreateObject',
      data: { resource: CRONTABS, namespace: 'default', object, ...more },
    });
    expect(at.when(asked({})).rejection?.message).toContain('does not match the expected API version');
    expect(at.when(asked({ apiVersion: 'stable.example.com/v2' })).rejection?.code).toBe(404);
    at.given(asked({ apiVersion }));
    expect(tabOf(at)?.apiVersion).toBe('stable.example.com/v1');
    at.given(patchTab({ spec: { replicas: 2 } }, { apiVersion }));
    expect(tabOf(at)).toMatchObject({ apiVersion: 'stable.example.com/v1', spec: { replicas: 2 } });
  });

  it('takes no strategic patches and no update without a resourceVersion', () => {
    const at = defined().given(createTab('nightly'));
    const strategic: Asked = { type: 'PatchObject', data: { ...nightly, patchType: 'strategic', patch: {} } };
    expect(at.when(strategic).rejection?.code).toBe(415);
    const blind: Asked = { type: 'ReplaceObject', data: { ...nightly, object: aCronTab('nightly', { replicas: 2 }) } };
    expect(at.when(blind).rejection?.message).toContain('must be specified for an update');
  });

  it('changes with its definition: what is served, stored and kept', () => {
    const at = defined().given(createTab('nightly', { replicas: 1 }));
    const [beta, v1] = (aDefinition().spec as { versions: object[] }).versions;
    const versions = [
      { ...beta, storage: true },
      { ...v1, storage: false, served: false },
    ];
    at.given({
      type: 'PatchObject',
      data: { resource: DEFINITIONS, namespace: '', name: CRONTABS, patchType: 'merge', patch: { spec: { versions } } },
    });
    expect(at.state.catalog.get(CRONTABS)?.versions).toMatchObject([
      { version: 'v1beta1' },
      { version: 'v1', served: false },
    ]);
    expect(at.get(DEFINITIONS, '', CRONTABS)?.status).toMatchObject({ storedVersions: ['v1', 'v1beta1'] });
    // What was stored before is as it was, until it is written again.
    expect(tabOf(at)?.apiVersion).toBe('stable.example.com/v1');
    at.given(patchTab({ spec: { replicas: 2 } }));
    expect(tabOf(at)).toMatchObject({ apiVersion: 'stable.example.com/v1beta1', spec: { replicas: 2 } });
  });

  it('is decided by what there was, when a log is decided again', () => {
    const at = defined()
      .given(createTab('nightly', { jobs: [{ name: 'a' }] }))
      .given({ type: 'DeleteObject', data: nightly })
      .given(forget)
      .given(define());
    const again = new ClusterState();
    for (const event of at.log) again.apply(event);
    expect(hashCluster(again)).toBe(hashCluster(at.state));
    expect([...again.catalog.rows]).toEqual([...at.state.catalog.rows]);
    const loaded = new ClusterState();
    for (const resource of at.state.resources())
      for (const object of at.state.values(resource)) loaded.put(resource, object);
    expect(loaded.copy().catalog.get(CRONTABS)).toEqual(at.state.catalog.get(CRONTABS));
    loaded.remove(DEFINITIONS, '', CRONTABS);
    expect(loaded.catalog.get(CRONTABS)).toBeUndefined();
  });
});

describe('a definition', () => {
  it('is established with the write that makes it', () => {
    const at = defined();
    expect(at.get(DEFINITIONS, '', CRONTABS)).toMatchObject({
      spec: { names: { singular: 'crontab', listKind: 'CronTabList' } },
      status: {
        acceptedNames: { kind: 'CronTab' },
        storedVersions: ['v1'],
        conditions: [
          { type: 'NamesAccepted', status: 'True' },
          { type: 'Established', status: 'True' },
        ],
      },
    });
  });

  it('waits for the objects of its resource to go, and lets none come', () => {
    const at = defined().given(createTab('nightly')).given(forget);
    expect(at.get(DEFINITIONS, '', CRONTABS)).toMatchObject({
      metadata: { finalizers: ['customresourcecleanup.apiextensions.k8s.io'] },
      status: { conditions: [{}, {}, { type: 'Terminating', status: 'True', reason: 'InstanceDeletionPending' }] },
    });
    expect(at.when(createTab('late')).rejection).toMatchObject({
      code: 405,
      message: 'create not allowed while custom resource definition is terminating',
    });
    expect(at.when(patchTab({ spec: { replicas: 1 } })).types).toEqual([`${CRONTABS}.SpecChanged`]);
    expect(at.when({ type: 'DeleteObject', data: nightly }).types).toEqual([`${CRONTABS}.Deleted`]);
    const patch = { metadata: { finalizers: null } };
    const key = { resource: DEFINITIONS, namespace: '', name: CRONTABS };
    expect(at.when({ type: 'PatchObject', data: { ...key, patchType: 'merge', patch } }).types).toEqual([
      `${DEFINITIONS}.Deleted`,
    ]);
  });

  it('makes nothing whose kind another resource of its group has', () => {
    const at = defined();
    const object = aDefinition({ names: { plural: 'tabs', kind: 'CronTab' } });
    const metadata = { name: 'tabs.stable.example.com' };
    at.given({ type: 'CreateObject', data: { resource: DEFINITIONS, namespace: '', object: { ...object, metadata } } });
    expect(at.get(DEFINITIONS, '', metadata.name)?.status).toMatchObject({
      conditions: [
        { type: 'NamesAccepted', reason: 'ListKindConflict', message: '"CronTabList" is already in use' },
        { type: 'Established', status: 'False' },
      ],
    });
    expect(at.state.catalog.get(metadata.name)).toBeUndefined();
  });

  it.each([
    ['a name of other parts', { group: 'other.example.com' }, 'metadata.name'],
    ['a group that is no domain', { group: 'stable' }, 'spec.group'],
    ['a scope that is none', { scope: 'World' }, 'spec.scope'],
    [
      'two versions to store',
      { versions: ['a', 'b'].map((name) => ({ name, served: true, storage: true })) },
      'spec.versions',
    ],
    ['no version', { versions: [] }, 'spec.versions'],
  ])('is refused with %s', (_with, spec, field) => {
    const { rejection } = cluster().when(define(spec));
    expect(rejection).toMatchObject({ code: 422, message: expect.stringContaining(field) as string });
  });

  it.each([
    ['items', { type: 'array', items: [] }, 422, 'items: Required value: must be specified'],
    ['fields of items', { type: 'array', items: { properties: null } }, 422, 'items.type: Required value'],
    [
      'a field of items',
      { type: 'array', items: { properties: { a: null } } },
      422,
      'items.properties[a].type: Required',
    ],
    ['more fields', { type: 'object', additionalProperties: 'x' }, 400, 'boolean or JSON schema expected'],
  ])('is refused where its schema has none for %s', (_of, schema, code, message) => {
    const openAPIV3Schema = { type: 'object', properties: { spec: schema } };
    const versions = [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }];
    const { rejection } = cluster().when(define({ versions }));
    expect(rejection).toMatchObject({ code, message: expect.stringContaining(message) as string });
  });

  it('keeps its group, scope and kind', () => {
    const at = defined();
    for (const spec of [{ scope: 'Cluster' }, { names: { kind: 'Other' } }]) {
      const data = {
        resource: DEFINITIONS,
        namespace: '',
        name: CRONTABS,
        patchType: 'merge' as const,
        patch: { spec },
      };
      expect(at.when({ type: 'PatchObject', data }).rejection?.message).toContain('field is immutable');
    }
  });

  it('does not move what is built in', () => {
    const object = aDefinition({ group: 'coordination.k8s.io', names: { plural: 'leases', kind: 'Mine' } });
    const annotations = { 'api-approved.kubernetes.io': 'unapproved, for a test' };
    const metadata = { name: 'leases.coordination.k8s.io', annotations };
    const at = cluster();
    at.given({ type: 'CreateObject', data: { resource: DEFINITIONS, namespace: '', object: { ...object, metadata } } });
    expect(at.get(DEFINITIONS, '', metadata.name)?.status).toMatchObject({ acceptedNames: { plural: '' } });
    expect(at.state.catalog.get(metadata.name)?.kind).toBe('Lease');
    expect(at.when(create('configmaps', 'still')).types).toEqual(['configmaps.Created']);
  });
});
