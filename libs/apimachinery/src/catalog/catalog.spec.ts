import { builtIn, RESOURCES, type KubeObject, type ObjectOf, type ResourceRow } from '@shiplog/contracts';
import fc from 'fast-check';
import { anEstablishedDefinition, CRONTABS, type DEFINITIONS } from '../testing/definitions';
import { stored } from '../testing/objects';
import { Catalog, versionedAs } from './catalog';
import { fromStored, storedField, toStored } from './conversion';
import { definedResource } from './custom-resources';

const resourceOf = (spec?: object) => definedResource(anEstablishedDefinition(spec) as ObjectOf<typeof DEFINITIONS>);
const crontabs = resourceOf() as ResourceRow;
const named = (id: string): ResourceRow => ({ ...crontabs, id });
const idsOf = (catalog: Catalog): string[] => [...catalog.rows].map(({ id }) => id);

describe('a catalog', () => {
  it('has what is built in, in the order of its rows', () => {
    expect(idsOf(Catalog.builtIn)).toEqual(RESOURCES.map(({ id }) => id));
    expect(Catalog.builtIn.get('pods')).toBe(builtIn('pods'));
    expect(Catalog.builtIn.get('constructor')).toBeUndefined();
  });

  it('is the same whatever came first, and leaves the one before as it was', () => {
    const [a, b] = [named('a.example.com'), named('b.example.com')];
    const both = Catalog.builtIn.with(b).with(a);
    expect(idsOf(both)).toEqual(idsOf(Catalog.builtIn.with(a).with(b)));
    expect(idsOf(both).slice(-2)).toEqual(['a.example.com', 'b.example.com']);
    expect(idsOf(both.without('b.example.com').without('a.example.com'))).toEqual(idsOf(Catalog.builtIn));
    expect(Catalog.builtIn.get('a.example.com')).toBeUndefined();
  });

  it('can not be brought to lose or to change what is built in', () => {
    expect(Catalog.builtIn.with({ ...crontabs, id: 'pods' })).toBe(Catalog.builtIn);
    expect(Catalog.builtIn.without('pods')).toBe(Catalog.builtIn);
  });

  it('finds a resource by the kind of its objects, in each of its versions', () => {
    const catalog = Catalog.builtIn.with(crontabs);
    for (const apiVersion of ['stable.example.com/v1', 'stable.example.com/v1beta1']) {
      expect(catalog.ofKind(apiVersion, 'CronTab')?.id).toBe(CRONTABS);
    }
    expect(catalog.ofKind('events.k8s.io/v1', 'Event')?.id).toBe('events');
    expect(catalog.ofKind('v1', 'CronTab')).toBeUndefined();
  });
});

describe('a CustomResourceDefinition', () => {
  it('makes a resource, whose first version is the one stored', () => {
    expect(crontabs).toMatchObject({
      id: CRONTABS,
      kind: 'CronTab',
      namespaced: true,
      names: { singular: '', listKind: 'CronTabList', shortNames: ['ct'] },
      versions: [
        { version: 'v1', subresources: ['status', 'scale'] },
        { version: 'v1beta1', subresources: [] },
      ],
    });
  });

  it.each([
    ['a name that is not made of its plural and group', { names: { plural: 'others', kind: 'CronTab' } }],
    ['nothing to store', { versions: [] }],
  ])('makes none with %s', (_with, spec) => {
    expect(resourceOf(spec)).toBeUndefined();
  });

  it('makes none before its names are accepted', () => {
    expect(definedResource({ ...anEstablishedDefinition(), status: {} } as never)).toBeUndefined();
  });
});

describe('versions', () => {
  const events = builtIn('events');
  const [core, newer] = events.versions;

  it('are chosen by apiVersion, and the one stored where none is named', () => {
    expect(versionedAs(events, undefined)?.version).toBe(core);
    expect(versionedAs(events, 'events.k8s.io/v1')?.version).toBe(newer);
    expect(versionedAs(events, 'events.k8s.io/v1beta1')).toBeUndefined();
  });

  it('of events differ in the names of fields, also in those that selectors go by', () => {
    const event = stored({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'e' },
      message: 'm',
      involvedObject: {},
    });
    expect(fromStored(newer!, event)).toMatchObject({ apiVersion: 'events.k8s.io/v1', note: 'm', regarding: {} });
    expect(fromStored(newer!, event)).toBe(fromStored(newer!, event));
    expect(fromStored(core, event)).toBe(event);
    expect(storedField(newer!, 'regarding.name')).toBe('involvedObject.name');
    expect(storedField(core, 'involvedObject.name')).toBe('involvedObject.name');
  });

  it('of a custom resource differ in the apiVersion alone', () => {
    const [v1, beta] = crontabs.versions;
    const object = stored({
      apiVersion: 'stable.example.com/v1beta1',
      kind: 'CronTab',
      metadata: {},
      spec: { a: null },
    });
    expect(toStored(crontabs, beta!, object)).toEqual({ ...object, apiVersion: 'stable.example.com/v1' });
    expect(fromStored(v1, object)).toEqual({ ...object, apiVersion: 'stable.example.com/v1' });
  });

  it('lead back to what was stored, whatever fields there are', () => {
    const field = fc.constantFrom('message', 'reason', 'count', 'source', '__proto__', 'constructor', 'series');
    fc.assert(
      fc.property(fc.dictionary(field, fc.jsonValue()), (fields) => {
        const object = { apiVersion: 'v1', kind: 'Event', ...fields, metadata: { name: 'e' } } as KubeObject;
        expect(toStored(events, newer!, fromStored(newer!, object))).toEqual(object);
      }),
    );
  });
});
