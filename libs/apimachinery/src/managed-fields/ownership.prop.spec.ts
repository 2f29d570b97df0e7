import type { FieldOwners, KubeObject, ResourceRow } from '@shiplog/contracts';
import fc from 'fast-check';
import { Application, ownersOfApplied } from './apply';
import { pathsOf, setOfPath, union, NOTHING } from './field-set';
import { mergeApplied, withoutFields } from './merge';
import { mergeSchemaOf } from './merge-schema';
import { managedFieldsOf } from './render';
import { fieldsOfVersion } from './scope';
import { ExplicitOwners } from './testing/explicit-owners';
import { ownersAfterUpdate, ownersOfNew, type Write } from './update';

const text = { type: 'string' };
const item = { type: 'object', properties: { name: text, kind: { ...text, default: 'D' }, a: text, b: text } };
const SCHEMA = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        map: { type: 'object', additionalProperties: text },
        maps: { type: 'object', additionalProperties: { type: 'object', properties: { a: text, b: text } } },
        struct: { type: 'object', properties: { a: text, b: text } },
        items: {
          type: 'array',
          items: item,
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name', 'kind'],
        },
        set: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
        list: { type: 'array', items: text },
        whole: { type: 'object', additionalProperties: text, 'x-kubernetes-map-type': 'atomic' },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
    },
  },
};
const ROW: ResourceRow = {
  id: 'things.example.org',
  group: 'example.org',
  plural: 'things',
  kind: 'Thing',
  namespaced: true,
  versions: [{ group: 'example.org', version: 'v1', served: true, schema: SCHEMA, subresources: [] }],
};
const RESOURCE = { row: ROW, version: ROW.versions[0] };
const MAP = fieldsOfVersion(RESOURCE);

const value = fc.constantFrom('1', '2');
const key = fc.constantFrom('x', 'y', '__proto__');
const ab = fc.record({ a: value, b: value }, { requiredKeys: [] });
const unique = <T>(items: fc.Arbitrary<T>, selector: (item: T) => string) =>
  fc.uniqueArray(items, { selector, maxLength: 3 });
const spec = fc.record(
  {
    map: fc.dictionary(key, value, { maxKeys: 2 }),
    maps: fc.dictionary(key, ab, { maxKeys: 2 }),
    struct: ab,
    items: unique(
      fc.record(
        { name: fc.constantFrom('n', 'm'), kind: fc.constantFrom('D', 'E'), a: value, b: value },
        { requiredKeys: ['name', 'kind'] },
      ),
      ({ name, kind }) => name + kind,
    ),
    set: unique(value, (it) => it),
    list: fc.array(value, { maxLength: 2 }),
    whole: fc.dictionary(key, value, { maxKeys: 2 }),
    free: fc.dictionary(key, fc.oneof(value, ab), { maxKeys: 2 }),
  },
  { requiredKeys: [] },
);
const object = fc
  .record({ labels: fc.option(fc.dictionary(key, value, { maxKeys: 2 })), spec: fc.option(spec) })
  .map(({ labels, spec: of }): KubeObject => ({
    apiVersion: 'example.org/v1',
    kind: 'Thing',
    metadata: { name: 'x', ...(labels === null ? {} : { labels }) },
    ...(of === null ? {} : { spec: of }),
  }));
const manager = fc.constantFrom('a', 'b', 'c');
const steps = fc.array(
  fc.oneof(
    fc.record({ does: fc.constant('update' as const), manager, object }),
    fc.record({ does: fc.constant('apply' as const), manager, object, force: fc.boolean() }),
  ),
  { minLength: 1, maxLength: 8 },
);

const writeOf = (by: string, operation: Write['operation']): Write => ({
  manager: by,
  operation,
  apiVersion: 'example.org/v1',
  subresource: '',
  time: '2026-01-01T00:00:00Z',
});
const owned = (it: KubeObject, owners: FieldOwners | undefined): KubeObject => ({
  ...it,
  metadata: { ...it.metadata, ...(owners === undefined ? {} : { fieldOwners: owners }) } as KubeObject['metadata'],
});

/** Who has which paths, by what clients are shown. */
function shown(it: KubeObject): Record<string, string[]> {
  const entries = managedFieldsOf(ROW, it) ?? [];
  return Object.fromEntries(
    entries.map(({ manager: by, operation, fieldsV1 }) => [
      `${operation} ${by}`,
      [...pathsOf(fieldsV1 as never)].map((path) => path.join('/')).sort(),
    ]),
  );
}

const explicit = ({ owners }: ExplicitOwners): Record<string, string[]> =>
  Object.fromEntries([...owners].map(([by, paths]) => [by, [...paths].sort()]));
const ownersIn = (it: KubeObject): FieldOwners | undefined =>
  (it.metadata as { fieldOwners?: FieldOwners }).fieldOwners;
const setOf = (paths: Iterable<string>) =>
  [...paths].reduce((set, path) => union(set, setOfPath(path.split('/'))), NOTHING);

describe('who owns which fields', () => {
  it('is what following every single path comes to, whatever happens', () => {
    fc.assert(
      fc.property(object, fc.boolean(), steps, (first, isApplied, history) => {
        const model = new ExplicitOwners(mergeSchemaOf(ROW.versions[0]));
        let now = owned(
          first,
          isApplied ? ownersOfApplied(RESOURCE, first, writeOf('a', 'Apply')) : ownersOfNew(writeOf('a', 'Update')),
        );
        if (isApplied) model.apply('Apply a', {}, first, first);
        else model.update('Update a', {}, first);
        expect(shown(now)).toEqual(explicit(model));
        for (const step of history) {
          // Nobody tracks what nobody owns any more: an application would begin anew.
          if (model.owners.size === 0) return;
          const { manager: by } = step;
          if (step.does === 'update') {
            const after = ownersAfterUpdate(ROW, ownersIn(now), now, step.object, writeOf(by, 'Update'));
            model.update(`Update ${by}`, now, step.object);
            now = owned(step.object, after);
          } else {
            const application = new Application(RESOURCE, now, ownersIn(now), step.object, writeOf(by, 'Apply'));
            const id = `Apply ${by}`;
            const merged = mergeApplied(MAP, now as never, step.object as never);
            const gone = [...model.givenUp(id, step.object)].filter((path) => model.applied(merged).has(path));
            const expected = withoutFields(MAP, merged, setOf(gone));
            expect({ ...application.merged, metadata: null }).toEqual({ ...expected, metadata: null });
            const conflicts = application.conflicts.flatMap(({ manager: other, fields }) =>
              [...pathsOf(fields)].map((path) => `${other.operation} ${other.manager} ${path.join('/')}`),
            );
            expect(conflicts.sort()).toEqual(model.conflicts(id, now, expected).sort());
            if (conflicts.length > 0 && !step.force) continue;
            model.apply(id, now, expected, step.object);
            now = owned(application.merged, application.ownersOf(application.merged));
          }
          expect(shown(now)).toEqual(explicit(model));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('does not change when what is applied is applied again', () => {
    fc.assert(
      fc.property(object, object, (first, applied) => {
        const write = writeOf('b', 'Apply');
        const before = owned(first, ownersOfNew(writeOf('a', 'Update')));
        const once = new Application(RESOURCE, before, ownersIn(before), applied, write);
        const after = owned(once.merged, once.ownersOf(once.merged));
        const twice = new Application(RESOURCE, after, ownersIn(after), applied, { ...write, time: 'later' });
        expect(twice.conflicts).toEqual([]);
        expect(owned(twice.merged, twice.ownersOf(twice.merged))).toEqual(after);
      }),
    );
  });
});
