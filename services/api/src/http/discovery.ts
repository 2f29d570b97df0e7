import { Inject, Injectable } from '@nestjs/common';
import {
  aggregatedDiscovery,
  AGGREGATED_VERSIONS,
  apiGroup,
  coreVersions,
  groupList,
  resourceList,
  servedApi,
  withOthers,
  type AggregatedVersion,
  type ServedApi,
} from '@shiplog/representation';
import { CONFIG } from '@shiplog/service';
import { ClusterCache } from '../cache/cluster-cache';
import { OtherVersions } from '../handlers/aggregation/other-versions';
import type { ApiConfig } from '../settings';
import { JSON_TYPE, type BodyAnswer } from '../rest/answer';
import { parseAccept } from '../rest/negotiate';
import type { Target } from '../rest/request-info';
import { HEALTH_PAGES, isPartOf, type Check } from './health-pages';
import { keptDocument } from './kept-document';

/** Discovery. Each document is made when first asked for, then kept as long as the catalog is the same. */
@Injectable()
export class Discovery {
  #made = new Map<string, BodyAnswer>();
  #of: ServedApi | undefined;

  readonly #address: string;

  constructor(
    @Inject(CONFIG) { advertiseAddress, port }: ApiConfig,
    private readonly cluster: ClusterCache,
    private readonly others: OtherVersions,
  ) {
    this.#address = `${advertiseAddress}:${port}`;
  }

  get #api(): ServedApi {
    return withOthers(servedApi(this.cluster.catalog), this.others.all);
  }

  document(
    target: Exclude<Target, { area: 'resource' | 'other' | 'nowhere' }>,
    accept: string | undefined,
  ): BodyAnswer {
    switch (target.area) {
      case 'core':
        return this.#aggregated(true, accept) ?? this.#json('/api', () => coreVersions(this.#address));
      case 'groups':
        return this.#aggregated(false, accept) ?? this.#json('/apis', () => groupList(this.#api));
      case 'group':
        return this.otherGroup(target.group.group) ?? this.#json('none', () => apiGroup(target.group));
      case 'version':
        return this.#json(`version ${target.of.group}/${target.of.version}`, () => resourceList(target.of));
    }
  }

  /** `/apis/<group>` of a group that other servers alone serve; undefined when there is none. */
  otherGroup(name: string): BodyAnswer | undefined {
    const group = this.#api.group(name);
    return group === undefined ? undefined : this.#json(`group ${name}`, () => apiGroup(group));
  }

  /** `/`: every path that leads further. */
  root(checks: readonly Check[]): BodyAnswer {
    return this.#json('/', () => {
      const groups = this.#api.groups.filter(({ group }) => group !== '');
      const ofGroups = groups.flatMap(({ group, versions }) => [
        `/apis/${group}`,
        ...versions.map(({ version }) => `/apis/${group}/${version}`),
      ]);
      const health = HEALTH_PAGES.flatMap((page) => [
        page,
        ...checks.filter((check) => isPartOf(page, check)).map(({ name }) => `${page}/${name}`),
      ]);
      return { paths: [...OTHER_PATHS, ...ofGroups, ...health].sort() };
    });
  }

  #aggregated(core: boolean, accept: string | undefined): BodyAnswer | undefined {
    for (const { type, parameters } of parseAccept(accept)) {
      if (type !== JSON_TYPE || parameters.get('as') !== 'APIGroupDiscoveryList') {
        if (type === JSON_TYPE || type === '*/*') return undefined;
        continue;
      }
      const version = AGGREGATED_VERSIONS.find((served) => served === parameters.get('v'));
      if (version === undefined || parameters.get('g') !== 'apidiscovery.k8s.io') continue;
      return this.#aggregatedIn(core, version);
    }
    return undefined;
  }

  #aggregatedIn(core: boolean, version: AggregatedVersion): BodyAnswer {
    const type = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
    return this.#make(`aggregated ${version} ${core}`, () => {
      const document = keptDocument(type, Buffer.from(JSON.stringify(aggregatedDiscovery(this.#api, core, version))));
      return { ...document, headers: { ...document.headers, 'cache-control': 'public' } };
    });
  }

  #json(name: string, make: () => unknown): BodyAnswer {
    return this.#make(name, () => keptDocument(JSON_TYPE, Buffer.from(`${JSON.stringify(make())}\n`)));
  }

  #make(name: string, make: () => BodyAnswer): BodyAnswer {
    const api = this.#api;
    if (this.#of !== api) [this.#of, this.#made] = [api, new Map<string, BodyAnswer>()];
    const known = this.#made.get(name);
    if (known !== undefined) return known;
    const made = make();
    this.#made.set(name, made);
    return made;
  }
}

const OTHER_PATHS = ['/api', '/api/v1', '/apis', '/metrics', '/openapi/v2', '/openapi/v3', '/version'];
