import type { ObjectOf } from '@shiplog/contracts';
import { type Catalog, DEFINITIONS } from '@shiplog/apimachinery';
import { servedApi, type ServedResource } from '@shiplog/representation';
import type { Controller } from '../../runtime/domain/controller';
import { API_SERVICES, decideApiService, type ServedVersion } from './decide';

/** As in Kubernetes: the core group is first, groups of CustomResourceDefinitions come after all built-in ones. */
const FIRST_GROUP = 18_000;
const BETWEEN_GROUPS = 100;
const CUSTOM_GROUP = 1_000;
const LEAST_VERSION = 15;

/** Keeps an APIService for every version of a group that is served here, as discovery of aggregated APIs expects. Keys: their names. */
export const apiServiceController: Controller = {
  name: 'api-services',
  watches: {
    [API_SERVICES]: ({ before, after }) => [(after ?? before)?.metadata.name ?? ''],
    [DEFINITIONS]: ({ before, after }) => [...namesOfDefined(before), ...namesOfDefined(after)],
  },
  allKeys: (state) => [
    ...new Set([
      ...servedVersions(state.catalog).keys(),
      ...state.list(API_SERVICES).map(({ metadata: { name } }) => name),
    ]),
  ],
  reconcile: (name, { state, now }) =>
    Promise.resolve(
      decideApiService({
        name,
        served: servedVersions(state.catalog).get(name),
        object: state.get(API_SERVICES, '', name),
        now,
      }),
    ),
};

function namesOfDefined(definition: ObjectOf<typeof DEFINITIONS> | undefined): string[] {
  const { group = '', versions = [] } = definition?.spec ?? {};
  return versions.map(({ name }) => `${name}.${group}`);
}

const isCustomResource = ({ stored }: ServedResource): boolean => typeof stored?.version.schema === 'object';

const byCatalog = new WeakMap<Catalog, ReadonlyMap<string, ServedVersion>>();

/** By the names of their APIServices: `v1.apps`, and `v1.` of the core group. */
function servedVersions(catalog: Catalog): ReadonlyMap<string, ServedVersion> {
  let versions = byCatalog.get(catalog);
  if (versions === undefined) byCatalog.set(catalog, (versions = new Map(versionsOf(catalog))));
  return versions;
}

function* versionsOf(catalog: Catalog): Generator<[string, ServedVersion]> {
  for (const [place, { group, versions }] of servedApi(catalog).groups.entries()) {
    const isCustom = versions.every(({ resources }) => resources.every(isCustomResource));
    const groupPriorityMinimum = isCustom ? CUSTOM_GROUP : FIRST_GROUP - place * BETWEEN_GROUPS;
    for (const [rank, { version }] of [...versions].reverse().entries()) {
      const versionPriority = LEAST_VERSION + rank * LEAST_VERSION;
      yield [`${version}.${group}`, { group, version, groupPriorityMinimum, versionPriority }];
    }
  }
}
