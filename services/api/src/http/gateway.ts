import { StatusError } from '@shiplog/bus';
import { statusOf } from '@shiplog/machinery';
import type { Logger } from 'pino';
import type { Logs } from '../logs/logs';
import type { Reader } from '../reads/reader';
import type { Watches } from '../watch/watches';
import type { Writer } from '../writes/writer';
import { JSON_TYPE, jsonAnswer, statusAnswer, type Answer } from './answer';
import type { Tokens, User } from './authenticate';
import { VERSION, type Documents } from './documents';
import { refuse, statusOfFailure } from './failures';
import { healthPage, type Check } from './health-pages';
import { flagParam, type Query } from './options';
import type { ResourceRequest } from './request';
import { parsePath, verbOf, type ResourceTarget, type Target } from './request-info';

/** A request as it came, whatever serves HTTP. */
export interface RawRequest {
  readonly method: string;
  /** Without the query, still encoded. */
  readonly path: string;
  readonly query: Query;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer | undefined;
}

export interface GatewayParts {
  readonly tokens: Tokens;
  readonly documents: Documents;
  readonly reader: Reader;
  readonly writer: Writer;
  readonly watches: Watches;
  readonly logs: Logs;
  readonly checks: readonly Check[];
  readonly logger: Logger;
}

/** From a request to its answer: who asks, for what, and which handler knows. One set of handlers serves every kind. */
export class Gateway {
  constructor(private readonly parts: GatewayParts) {}

  async answer(request: RawRequest): Promise<Answer> {
    try {
      const target = parse(request.path);
      const open = this.#forAnyone(target, request);
      if (open !== undefined) return open;
      const user = this.parts.tokens.userOf(headerOf(request, 'authorization'));
      if (user === undefined)
        return { ...statusAnswer(statusOf.unauthorized()), headers: { 'www-authenticate': 'Bearer' } } as Answer;
      const answer = await this.#forUser(target, request, user);
      return wantsPretty(request) ? pretty(answer) : answer;
    } catch (error) {
      return this.failed(error, request);
    }
  }

  /** The answer to a request that failed. A defect is logged, and told without its details. */
  failed(error: unknown, { method, path }: Pick<RawRequest, 'method' | 'path'>): Answer {
    const status = statusOfFailure(error);
    if (status !== undefined) return statusAnswer(status);
    this.parts.logger.error({ err: error, method, path }, 'a request could not be answered');
    return statusAnswer(statusOf.internal(error instanceof Error ? error.message : 'unknown'));
  }

  /** What also those may see who do not say who they are. */
  #forAnyone(target: Target, { path, query, method }: RawRequest): Answer | undefined {
    if (target.area !== 'other' || (method !== 'GET' && method !== 'HEAD')) return undefined;
    if (path === '/version' || path === '/version/') return jsonAnswer(200, VERSION);
    return healthPage(path, 'verbose' in query, this.parts.checks);
  }

  #forUser(target: Target, request: RawRequest, user: User): Answer | Promise<Answer> {
    switch (target.area) {
      case 'resource':
        return this.#onResource(target, request, user);
      case 'core':
      case 'groups':
      case 'group':
      case 'version':
        if (request.method !== 'GET' && request.method !== 'HEAD') refuse(statusOf.methodNotAllowed());
        return this.parts.documents.discovery(target, headerOf(request, 'accept'));
      case 'other':
        return this.#onOther(request);
      case 'nowhere':
        return refuse(statusOf.noSuchPath());
    }
  }

  #onResource(target: ResourceTarget, raw: RawRequest, user: User): Promise<Answer> {
    const verb = verbOf(raw.method, target, flagParam(raw.query, 'watch'));
    if (verb === undefined) refuse(statusOf.methodNotAllowed());
    const request: ResourceRequest = {
      target,
      verb,
      query: raw.query,
      user,
      accept: headerOf(raw, 'accept'),
      contentType: headerOf(raw, 'content-type'),
      body: raw.body,
    };
    const { reader, writer, watches, logs } = this.parts;
    switch (verb) {
      case 'get':
        return target.subresource?.name === 'log' ? logs.open(request) : reader.get(request);
      case 'list':
        return reader.list(request);
      case 'watch':
        return watches.open(request);
      case 'create':
        return writer.create(request);
      case 'update':
        return writer.update(request);
      case 'patch':
        return writer.patch(request);
      case 'delete':
        return writer.delete(request);
      case 'deletecollection':
        return writer.deleteCollection(request);
    }
  }

  #onOther(request: RawRequest): Answer {
    const { path, method } = request;
    if (method !== 'GET' && method !== 'HEAD') refuse(statusOf.noSuchPath());
    if (path === '/' || path === '') return jsonAnswer(200, { paths: PATHS });
    if (path === '/openapi/v2') return this.parts.documents.openApiV2(headerOf(request, 'accept'));
    return this.parts.documents.openApiV3(path) ?? refuse(statusOf.noSuchPath());
  }
}

/** People who look with a browser or curl get indented JSON, as from Kubernetes, unless they say otherwise. */
function wantsPretty(request: RawRequest): boolean {
  if ('pretty' in request.query) return flagParam(request.query, 'pretty');
  return /^(curl|Wget|Mozilla\/5\.0)/.test(headerOf(request, 'user-agent') ?? '');
}

function pretty(answer: Answer): Answer {
  if (answer.kind !== 'body' || !answer.type.startsWith(JSON_TYPE)) return answer;
  const value: unknown = JSON.parse(answer.body.toString());
  return { ...answer, body: `${JSON.stringify(value, null, 2)}\n` };
}

const PATHS = ['/api', '/api/v1', '/apis', '/healthz', '/livez', '/openapi/v2', '/openapi/v3', '/readyz', '/version'];

function parse(path: string): Target {
  try {
    return parsePath(path);
  } catch (error) {
    if (error instanceof URIError) throw new StatusError(statusOf.badRequest('the path is not properly encoded'));
    throw error;
  }
}

function headerOf({ headers }: RawRequest, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}
