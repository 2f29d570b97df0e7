import { Inject, Injectable } from '@nestjs/common';
import {
  aggregatedDiscovery,
  AGGREGATED_VERSIONS,
  apiGroup,
  coreVersions,
  groupList,
  resourceList,
  servedApi,
  type AggregatedVersion,
  type ServedApi,
} from '@shiplog/representation';
import { CONFIG } from '@shiplog/service';
import { ClusterCache } from '../cache/cluster-cache';
import type { ApiConfig } from '../settings';
import { JSON_TYPE, type BodyAnswer } from '../rest/answer';
import { parseAccept } from '../rest/negotiate';
import type { Target } from '../rest/request-info';
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
  ) {
    this.#address = `${advertiseAddress}:${port}`;
  }

  get #api(): ServedApi {
    return servedApi(this.cluster.catalog);
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
        return this.#json(`group ${target.group.group}`, () => apiGroup(target.group));
      case 'version':
        return this.#json(`version ${target.of.group}/${target.of.version}`, () => resourceList(target.of));
    }
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
