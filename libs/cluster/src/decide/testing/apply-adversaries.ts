import { FIELD_MANAGERS } from '@shiplog/contracts';
import type { Adversary } from './adversaries';
import { cluster, create, type Asked, type TestCluster } from './given';

type Fields = Record<string, unknown>;

/** As many keys as a size holds, each with a value of its own. */
const keys = (bytes: number, value: string): Fields =>
  Object.fromEntries(Array.from({ length: Math.max(1, Math.floor(bytes / 16)) }, (_, i) => [`k${i}`, value]));

const created = (data: Fields): Asked => create('configmaps', 'x', { data });
const applied = (data: Fields, fieldManager = 'a', force = true): Asked =>
  applying({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data }, 'configmaps', {
    fieldManager,
    force,
  });

function applying(patch: Fields, resource: string, more: { fieldManager: string; force: boolean }): Asked {
  const place = { resource, namespace: 'default', name: 'x' };
  return { type: 'PatchObject', data: { ...place, patchType: 'apply', patch, ...more } };
}

/** A Pod whose only container has as many ports as a size holds. */
const pod = (bytes: number): Fields => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'x' },
  spec: {
    containers: [
      {
        name: 'web',
        image: 'web:1',
        ports: Array.from({ length: Math.max(1, Math.floor(bytes / 40)) }, (_, i) => ({ containerPort: i + 1 })),
      },
    ],
  },
});

/** Entries of managedFields, of as many managers as there may be, each with keys of its own. */
const entries = (bytes: number): Fields[] =>
  Array.from({ length: FIELD_MANAGERS - 2 }, (_, i) => {
    const steps = Object.keys(keys(bytes / FIELD_MANAGERS, '')).map((key) => [`f:m${i}-${key}`, {}]);
    const fieldsV1 = { 'f:data': Object.fromEntries(steps) as Fields };
    return { manager: `m${i}`, operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1 };
  });

const merging = (patch: Fields): Asked => ({
  type: 'PatchObject',
  data: { resource: 'configmaps', namespace: 'default', name: 'x', patchType: 'merge', patch },
});

/** What so many managers have applied, half the size of their entries. */
function managed(bytes: number): { at: TestCluster; data: Fields } {
  const managedFields = entries(bytes);
  const names = managedFields.flatMap(({ fieldsV1 }) => Object.keys((fieldsV1 as { 'f:data': Fields })['f:data']));
  const data = Object.fromEntries(names.map((name) => [name.slice(2), '1']));
  return {
    at: cluster()
      .given(created(data))
      .given(merging({ metadata: { managedFields } })),
    data,
  };
}

/** What is applied, and whose it is, at its costliest. */
export const APPLICATIONS: readonly Adversary[] = [
  {
    name: 'apply: many keys, none of them there',
    make: (bytes) => ({ at: cluster(), asked: applied(keys(bytes, '1')) }),
  },
  {
    name: 'apply: many keys that conflict',
    make: (bytes) => ({
      at: cluster().given(created(keys(bytes / 2, '1'))),
      asked: applied(keys(bytes / 2, '2'), 'a', false),
    }),
  },
  {
    name: 'apply: many keys that are shared',
    make: (bytes) => ({ at: cluster().given(created(keys(bytes / 2, '1'))), asked: applied(keys(bytes / 2, '1')) }),
  },
  {
    name: 'apply: many keys that are given up',
    make: (bytes) => ({ at: cluster().given(applied(keys(bytes / 2, '1'))), asked: applied({}) }),
  },
  {
    name: 'apply: many items of a list',
    make: (bytes) => ({ at: cluster(), asked: applying(pod(bytes), 'pods', { fieldManager: 'a', force: true }) }),
  },
  {
    name: 'apply: unknown fields',
    make: (bytes) => ({
      at: cluster(),
      asked: applying(
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, ...keys(bytes, '1') },
        'configmaps',
        { fieldManager: 'a', force: true },
      ),
    }),
  },
  {
    name: 'apply: what many managers have',
    make: (bytes) => {
      const { at, data } = managed(bytes / 2);
      return { at, asked: applied(Object.fromEntries(Object.keys(data).map((key) => [key, '2']))) };
    },
  },
  {
    name: 'apply: beside many managers',
    make: (bytes) => ({ at: managed(bytes / 2).at, asked: applied(keys(bytes / 2, '1')) }),
  },
  {
    name: 'merge patch: a change of what many managers have',
    make: (bytes) => {
      const { at, data } = managed(bytes / 2);
      return { at, asked: merging({ data: Object.fromEntries(Object.keys(data).map((key) => [key, '3'])) }) };
    },
  },
  {
    name: 'merge patch: managedFields',
    make: (bytes) => ({
      at: cluster().given(created({ a: '1' })),
      asked: merging({ metadata: { managedFields: entries(bytes) } }),
    }),
  },
];
