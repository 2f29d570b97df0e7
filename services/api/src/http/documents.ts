import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import {
  aggregatedDiscovery,
  AGGREGATED_VERSIONS,
  apiGroup,
  coreVersions,
  groupList,
  openApiName,
  openApiV2,
  openApiV2Protobuf,
  openApiV3,
  openApiV3Index,
  resourceList,
  servedApi,
  type AggregatedVersion,
  type ServedApi,
  type ServedGroupVersion,
} from '@shiplog/representation';
import { type Catalog, statusOf } from '@shiplog/apimachinery';
import { CONFIG } from '@shiplog/service';
import { ClusterCache } from '../cache/cluster-cache';
import type { ApiConfig } from '../settings';
import { JSON_TYPE, type Answer } from '../rest/answer';
import { throwStatus } from '../rest/errors';
import { parseAccept } from '../rest/negotiate';
import type { Target } from '../rest/request-info';

/** The version of Kubernetes' API that is served, and by whom. */
export const VERSION = {
  major: '1',
  minor: '32',
  gitVersion: 'v1.32.0+shiplog',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'swc',
  platform: 'node',
} as const;

/** What is asked for is no well-formed media type, so Kubernetes answers with one that is. */
const PROTOBUF_V2 = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
const ASKED_AS = [PROTOBUF_V2, 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'];

/**
 * The documents that say what the API is: discovery and OpenAPI. Each is made when first asked for, then kept as long as the
 * catalog is the same.
 */
@Injectable()
export class Documents {
  #made = new Map<string, Answer>();
  #catalog: Catalog | undefined;

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

  discovery(target: Exclude<Target, { area: 'resource' | 'other' | 'nowhere' }>, accept: string | undefined): Answer {
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

  /** `/openapi/v2`, as JSON or, for clients that ask for nothing else, as protobuf. */
  openApiV2(accept: string | undefined): Answer {
    const wanted = parseAccept(accept).find(
      ({ type }) => ASKED_AS.includes(type) || type.endsWith('json') || type.endsWith('/*'),
    );
    if (wanted === undefined) throwStatus(statusOf.notAcceptable([JSON_TYPE, PROTOBUF_V2]));
    const document = (): ReturnType<typeof openApiV2> => openApiV2(this.#api, VERSION.gitVersion);
    if (!ASKED_AS.includes(wanted.type)) return this.#json('/openapi/v2', document);
    return this.#make('/openapi/v2 protobuf', () =>
      body(PROTOBUF_V2, Buffer.from(openApiV2Protobuf(this.#api, document()))),
    );
  }

  /** `/openapi/v3` and the documents that it names; undefined for another path. */
  openApiV3(path: string): Answer | undefined {
    if (path === '/openapi/v3' || path === '/openapi/v3/') return this.#json('/openapi/v3', () => this.#index());
    const group = this.#versions.find((served) => path === `/openapi/v3/${openApiName(served)}`);
    return group === undefined ? undefined : this.#json(path, () => openApiV3(group, VERSION.gitVersion));
  }

  get #versions(): readonly ServedGroupVersion[] {
    return this.#api.groups.flatMap(({ versions }) => versions);
  }

  #index(): unknown {
    return openApiV3Index(
      Object.fromEntries(
        this.#versions.map((group) => {
          const document = JSON.stringify(openApiV3(group, VERSION.gitVersion));
          return [openApiName(group), createHash('sha256').update(document).digest('hex').toUpperCase().slice(0, 32)];
        }),
      ),
    );
  }

  #aggregated(core: boolean, accept: string | undefined): Answer | undefined {
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

  #aggregatedIn(core: boolean, version: AggregatedVersion): Answer {
    const type = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
    const make = (): Answer => body(type, Buffer.from(JSON.stringify(aggregatedDiscovery(this.#api, core, version))));
    return this.#make(`aggregated ${version} ${core}`, make);
  }

  #json(name: string, make: () => unknown): Answer {
    return this.#make(name, () => body(JSON_TYPE, Buffer.from(`${JSON.stringify(make())}\n`)));
  }

  #make(name: string, make: () => Answer): Answer {
    const { catalog } = this.cluster;
    if (this.#catalog !== catalog) [this.#catalog, this.#made] = [catalog, new Map()];
    const known = this.#made.get(name);
    if (known !== undefined) return known;
    const made = make();
    this.#made.set(name, made);
    return made;
  }
}

function body(type: string, bytes: Buffer): Answer {
  const etag = `"${createHash('sha256').update(bytes).digest('hex').toUpperCase()}"`;
  return { kind: 'body', code: 200, type, body: bytes, headers: { etag, vary: 'Accept' } };
}
