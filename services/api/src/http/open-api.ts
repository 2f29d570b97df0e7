import { Injectable } from '@nestjs/common';
import { statusOf } from '@shiplog/apimachinery';
import {
  openApiName,
  openApiV2,
  openApiV2Protobuf,
  openApiV3,
  openApiV3Address,
  openApiV3Index,
  servedApi,
  type ServedApi,
  type ServedGroupVersion,
} from '@shiplog/representation';
import { ClusterCache } from '../cache/cluster-cache';
import { Clock } from '../common/clock';
import { JSON_TYPE, type BodyAnswer } from '../rest/answer';
import { throwStatus } from '../rest/errors';
import { parseAccept, type MediaRange } from '../rest/negotiate';
import { inTurns } from './in-turns';
import { keptDocument, type KeptDocument } from './kept-document';
import { VERSION } from './version';

/** What is asked for is no well-formed media type, so Kubernetes answers with one that is. */
const PROTOBUF_V2 = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
const ASKED_AS = [PROTOBUF_V2, 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'];

const V3 = '/openapi/v3';
const YEAR_MS = 365 * 24 * 3_600_000;

/**
 * OpenAPI, made when somebody asks for it. The document of a version of a group is kept as long as that has the same resources,
 * whatever else comes and goes; what is made of all of them, as long as the catalog is the same.
 */
@Injectable()
export class OpenApi {
  readonly #groups = new WeakMap<ServedGroupVersion, Promise<KeptDocument>>();

  #whole = new Map<string, Promise<KeptDocument>>();
  #of: ServedApi | undefined;

  constructor(
    private readonly cluster: ClusterCache,
    private readonly clock: Clock,
  ) {}

  /** `/openapi/v2`, as JSON or, for clients that ask for nothing else, as protobuf. */
  v2(accept: string | undefined): Promise<BodyAnswer> {
    const wanted = parseAccept(accept).find((range) => ASKED_AS.includes(range.type) || takesJson(range));
    if (wanted === undefined) throwStatus(statusOf.notAcceptable([JSON_TYPE, PROTOBUF_V2]));
    if (!ASKED_AS.includes(wanted.type)) {
      return this.#ofAll('v2', async (api) =>
        keptDocument(JSON_TYPE, Buffer.from(await inTurns(openApiV2(api, VERSION.gitVersion)))),
      );
    }
    return this.#ofAll('v2 protobuf', async (api) => {
      const bytes = await inTurns(openApiV2Protobuf(api, VERSION.gitVersion));
      return keptDocument(PROTOBUF_V2, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    });
  }

  /** `/openapi/v3` and the documents that it names; undefined for another path. `hash` is that of the address, if it has one. */
  v3(path: string, hash: string | undefined, accept: string | undefined): Promise<BodyAnswer> | undefined {
    if (path === V3 || path === `${V3}/`) return this.#ofAll('v3', (api) => this.#index(api));
    const name = path.startsWith(`${V3}/`) ? path.slice(V3.length + 1) : undefined;
    const group = versionsOf(this.#api).find((served) => openApiName(served) === name);
    if (group === undefined) return undefined;
    if (!parseAccept(accept).some(takesJson)) throwStatus(statusOf.notAcceptable([JSON_TYPE]));
    return this.#group(group).then((document) => this.#addressed(document, openApiName(group), hash));
  }

  /** A document under the hash in its address never changes; under an older one it is somewhere else. */
  #addressed(document: KeptDocument, name: string, hash: string | undefined): BodyAnswer {
    if (hash === undefined || hash === '') return document;
    if (hash === document.hash) {
      const expires = new Date(this.clock.now() + YEAR_MS).toUTCString();
      return { ...document, headers: { ...document.headers, 'cache-control': 'public, immutable', expires } };
    }
    const location = openApiV3Address(name, document.hash);
    return { kind: 'body', code: 301, type: JSON_TYPE, body: '', headers: { ...document.headers, location } };
  }

  async #index(api: ServedApi): Promise<KeptDocument> {
    const hashes = new Map<string, string>();
    for (const group of versionsOf(api)) hashes.set(openApiName(group), (await this.#group(group)).hash);
    return keptDocument(JSON_TYPE, Buffer.from(JSON.stringify(openApiV3Index(hashes))));
  }

  #group(group: ServedGroupVersion): Promise<KeptDocument> {
    return kept(this.#groups, group, async () => {
      const text = await inTurns(openApiV3(group, VERSION.gitVersion));
      return { ...keptDocument(JSON_TYPE, Buffer.from(text)), verbatim: true };
    });
  }

  get #api(): ServedApi {
    return servedApi(this.cluster.catalog);
  }

  #ofAll(name: string, make: (api: ServedApi) => Promise<KeptDocument>): Promise<KeptDocument> {
    const api = this.#api;
    if (this.#of !== api) [this.#of, this.#whole] = [api, new Map<string, Promise<KeptDocument>>()];
    return kept(this.#whole, name, async () => ({ ...(await make(api)), verbatim: true }));
  }
}

function takesJson({ type }: MediaRange): boolean {
  return type === JSON_TYPE || type === '*/*' || type === 'application/*';
}

function versionsOf(api: ServedApi): readonly ServedGroupVersion[] {
  return api.groups.flatMap(({ versions }) => versions);
}

/** What is made already or being made; what failed is made anew for who asks next. */
function kept<K>(
  known: {
    get(key: K): Promise<KeptDocument> | undefined;
    set(key: K, made: Promise<KeptDocument>): unknown;
    delete(key: K): boolean;
  },
  key: K,
  make: () => Promise<KeptDocument>,
): Promise<KeptDocument> {
  let document = known.get(key);
  if (document === undefined) {
    document = make();
    known.set(key, document);
    document.catch(() => known.delete(key));
  }
  return document;
}
