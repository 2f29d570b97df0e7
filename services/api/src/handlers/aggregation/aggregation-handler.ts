import { Injectable } from '@nestjs/common';
import { conditionOf } from '@shiplog/kube';
import { statusOf } from '@shiplog/apimachinery';
import type { Dispatcher } from 'undici';
import { ClusterCache } from '../../cache/cluster-cache';
import type { OutStream, StreamAnswer } from '../../rest/answer';
import { throwStatus } from '../../rest/errors';
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

/** Headers of one connection alone (RFC 9110, 7.6.1), and those that say who asks, which only the api may say. */
const NOT_FORWARDED =
  /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|host|content-length|authorization|impersonate-.*|x-remote-.*|:.*)$/i;
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
      write: (out) => pump(answer.body, out, left),
    };
  }
}

function throwUnavailable(error?: unknown): never {
  const reason = error instanceof Error ? `: error trying to reach service: ${error.message}` : '';
  return throwStatus(statusOf.unavailable(`the server is currently unable to handle the request${reason}`));
}

/** The query as it was asked. */
export function queryText(query: Query): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value ?? '']).map((text): [string, string] => [name, text]),
  );
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
}

function headersFor({ headers, user }: ForwardedRequest): Record<string, string | string[]> {
  const kept = Object.entries(headers).filter(([name, value]) => value !== undefined && !NOT_FORWARDED.test(name));
  return {
    ...(Object.fromEntries(kept) as Record<string, string | string[]>),
    'x-remote-user': user.name,
    ...(user.uid === '' ? {} : { 'x-remote-uid': user.uid }),
    'x-remote-group': [...user.groups],
  };
}

function passedOn(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const own = /^(connection|keep-alive|transfer-encoding|content-length|content-type|date)$/;
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || own.test(name) ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}

/** Passes on what comes, no faster than the client takes it; who leaves ends the request to the server too. */
async function pump(body: AsyncIterable<Buffer>, out: OutStream, left: AbortController): Promise<void> {
  const leave = (): void => left.abort();
  if (out.signal.aborted) leave();
  out.signal.addEventListener('abort', leave, { once: true });
  try {
    for await (const chunk of body) if (!out.write(chunk)) await out.drained();
  } catch (error) {
    if (!out.signal.aborted) throw error;
  } finally {
    out.signal.removeEventListener('abort', leave);
  }
}
