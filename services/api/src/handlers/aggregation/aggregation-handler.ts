import { Injectable } from '@nestjs/common';
import { conditionOf } from '@shiplog/kube';
import { statusOf } from '@shiplog/apimachinery';
import type { Dispatcher } from 'undici';
import { ClusterCache } from '../../cache/cluster-cache';
import type { StreamAnswer } from '../../rest/answer';
import { throwStatus } from '../../rest/errors';
import { forwardedHeaders, passedOn, passOn, queryText } from '../../rest/forwarding';
import type { Query } from '../../rest/options';
import type { User } from '../../rest/request';
import { API_SERVICES, backendOf, type StoredApiService } from '../../cache/backend';
import { BackendConnections } from './backend-connections';

/** A request for another server. */
export interface ForwardedRequest {
  readonly method: string;
  /** Without the query, still encoded. */
  readonly path: string;
  readonly query: Query;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly user: User;
  readonly body: Buffer | undefined;
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Hands requests for versions of the API that other servers serve over to them, as APIService objects say (Kubernetes' aggregation layer). */
@Injectable()
export class AggregationHandler {
  constructor(
    private readonly cluster: ClusterCache,
    private readonly connections: BackendConnections,
  ) {}

  /** The APIService whose server serves a group's version; undefined when there is none. */
  serviceOf(group: string, version: string): StoredApiService | undefined {
    if (!this.cluster.isOpen) return undefined;
    const service = this.cluster.projection.get(API_SERVICES, '', `${version}.${group}`);
    return service?.spec?.service === undefined ? undefined : service;
  }

  /** The server's own answer, passed on as it comes. 503 where there is no server, or none that answers. */
  async forward(service: StoredApiService, request: ForwardedRequest): Promise<StreamAnswer> {
    if (conditionOf(service, 'Available')?.status === 'False') throwUnavailable();
    const backend = backendOf(this.cluster.projection, service);
    if ('reason' in backend) return throwUnavailable();
    if (!METHODS.has(request.method)) throwStatus(statusOf.methodNotAllowed());
    const left = new AbortController();
    const answer = await this.connections
      .to(service, backend)
      .request({
        method: request.method as Dispatcher.HttpMethod,
        path: `${request.path}${queryText(request.query)}`,
        headers: headersFor(request),
        body: request.body ?? null,
        signal: left.signal,
      })
      .catch((error: unknown) => throwUnavailable(error));
    return {
      kind: 'stream',
      code: answer.statusCode,
      type: String(answer.headers['content-type'] ?? 'application/octet-stream'),
      headers: passedOn(answer.headers),
      write: (out) => passOn(answer.body, out, left),
    };
  }
}

function throwUnavailable(error?: unknown): never {
  const reason = error instanceof Error ? `: error trying to reach service: ${error.message}` : '';
  return throwStatus(statusOf.unavailable(`the server is currently unable to handle the request${reason}`));
}

function headersFor({ headers, user }: ForwardedRequest): Record<string, string | string[]> {
  return {
    ...forwardedHeaders(headers),
    'x-remote-user': user.name,
    ...(user.uid === '' ? {} : { 'x-remote-uid': user.uid }),
    'x-remote-group': [...user.groups],
  };
}
