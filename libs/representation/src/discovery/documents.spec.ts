import { KUBERNETES_API, RESOURCES } from '@shiplog/contracts';
import { aggregatedDiscovery, apiGroup, groupList, resourceList } from './documents';
import { Catalog } from '@shiplog/apimachinery';
import { servedApi } from './served';

interface Entry {
  name: string;
  kind: string;
  verbs: string[];
  shortNames?: string[];
  categories?: string[];
  storageVersionHash?: string;
  group?: string;
  version?: string;
}

const api = servedApi(Catalog.builtIn);
const entriesOf = (group: string): Entry[] =>
  (api.group(group)?.versions ?? []).flatMap((of) => (resourceList(of) as { resources: Entry[] }).resources);

describe('discovery', () => {
  it('lists every stored resource, with its subresources', () => {
    const names = api.groups.flatMap((group) => entriesOf(group.group).map((item) => item.name));
    const served = RESOURCES.flatMap(({ plural, versions }) => versions.map((version) => ({ plural, ...version })));
    for (const row of served.filter((version) => version.served)) {
      expect(names).toContain(row.plural);
      for (const sub of row.subresources) expect(names).toContain(`${row.plural}/${sub}`);
    }
  });

  it('knows the short names and verbs that kubectl relies on', () => {
    const pods = entriesOf('').find((item) => item.name === 'pods');
    expect(pods).toMatchObject({ kind: 'Pod', shortNames: ['po'] });
    expect(pods?.verbs).toEqual(expect.arrayContaining(['create', 'deletecollection', 'list', 'patch', 'watch']));
  });

  it('says of every resource and subresource what Kubernetes says', () => {
    const { resources } = KUBERNETES_API;
    const wrong = resources.flatMap(({ group, version, resource, subresource, ...about }) => {
      const of = api.group(group)?.versions.find((item) => item.version === version);
      const name = subresource === undefined ? resource : `${resource}/${subresource}`;
      const entry = of && (resourceList(of) as { resources: Entry[] }).resources.find((item) => item.name === name);
      if (entry === undefined) return [];
      const { kind, verbs, shortNames, categories, kindGroup, kindVersion } = about;
      const isSame =
        entry.kind === kind &&
        // Connecting is told by the methods that can be used for it.
        (verbs.includes('connect') || [...entry.verbs].sort().join() === [...verbs].sort().join()) &&
        (entry.shortNames ?? []).join() === (shortNames ?? []).join() &&
        (entry.categories ?? []).join() === (categories ?? []).join() &&
        (entry.group ?? group) === (kindGroup ?? group) &&
        (entry.version ?? version) === (kindVersion ?? version);
      return isSame ? [] : [`${group}/${version} ${name}`];
    });
    // Whose health is asked for, and which nobody can watch.
    expect(wrong).toEqual(['/v1 componentstatuses']);
  });

  it('says by which methods one connects', () => {
    const verbsOf = (name: string): unknown => entriesOf('').find((item) => item.name === name)?.verbs;
    expect(['pods/exec', 'pods/attach', 'pods/portforward'].map(verbsOf)).toEqual(Array(3).fill(['create', 'get']));
  });

  it('tells by a hash what the objects of a resource are stored as', () => {
    expect(entriesOf('').find(({ name }) => name === 'pods')).toMatchObject({ storageVersionHash: 'xPOwRZ+Yhw8=' });
    const autoscalers = entriesOf('autoscaling').filter(({ name }) => name === 'horizontalpodautoscalers');
    expect(new Set(autoscalers.map(({ storageVersionHash }) => storageVersionHash)).size).toBe(1);
    expect(entriesOf('').find(({ name }) => name === 'pods/status')).not.toHaveProperty('storageVersionHash');
  });

  it('says that scale is of another group, which is how kubectl scale finds it', () => {
    const scale = entriesOf('').find((item) => item.name === 'replicationcontrollers/scale');
    expect(scale).toMatchObject({ group: 'autoscaling', version: 'v1', kind: 'Scale' });
  });

  it('names the groups beside the core one', () => {
    const names = (groupList(api) as { groups: { name: string }[] }).groups.map((item) => item.name);
    expect(names.slice(0, 3)).toEqual(['apiregistration.k8s.io', 'apps', 'events.k8s.io']);
    expect(new Set(names).size).toBe(names.length);
    expect(apiGroup(api.group('discovery.k8s.io')!)).toMatchObject({
      kind: 'APIGroup',
      name: 'discovery.k8s.io',
      preferredVersion: { groupVersion: 'discovery.k8s.io/v1' },
    });
  });

  it('says the same in one aggregated document', () => {
    const core = aggregatedDiscovery(api, true, 'v2') as {
      items: { versions: { resources: { resource: string; scope: string; subresources?: unknown[] }[] }[] }[];
    };
    const resources = core.items[0]?.versions[0]?.resources ?? [];
    expect(resources.find((item) => item.resource === 'nodes')?.scope).toBe('Cluster');
    expect(resources.find((item) => item.resource === 'pods')?.subresources).toHaveLength(10);
  });
});
