import { Injectable } from '@nestjs/common';
import { StatusError, UNAUTHENTICATED } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import { servedApi, type ServedApi } from '@shiplog/representation';
import { ClusterCache } from '../cache/cluster-cache';
import { AggregationHandler, type ForwardedRequest } from '../handlers/aggregation/aggregation-handler';
import { LogHandler } from '../handlers/logs/log-handler';
import { ProxyHandler } from '../handlers/proxy/proxy-handler';
import { ReadHandler } from '../handlers/reads/read-handler';
import { SessionHandler } from '../handlers/sessions/session-handler';
import { VirtualHandler } from '../handlers/virtual/virtual-handler';
import { WatchHandler } from '../handlers/watch/watch-handler';
import { MutationHandler } from '../handlers/writes/mutation-handler';
import { withWarning } from '../rest/warning-header';
import { JSON_TYPE, jsonAnswer, statusAnswer, textAnswer, type Answer, type BodyAnswer } from '../rest/answer';
import { Authentication } from '../authentication/authentication';
import { Authorization } from './authorization';
import { Discovery } from './discovery';
import { infoOf, pathAccess, resourceAccess } from '../rest/access-request';
import { throwStatus } from '../rest/errors';
import { impersonationOf } from '../rest/impersonation';
import { FailureFilter } from './failure-filter';
import {
  FLOW_SCHEMA_HEADER,
  FlowControl,
  PRIORITY_LEVEL_HEADER,
  type Flow,
  type Passed,
} from './flow-control/flow-control';
import { flowRequestOf } from './flow-control/flow-request';
import { seatsOfList } from './flow-control/rules/seats';
import { HealthChecks } from './health-checks';
import { HEALTH_PAGES, healthPage } from './health-pages';
import { classOf, InFlight, type RequestClass } from './in-flight';
import { MetricsPage } from './metrics/metrics-page';
import { RequestMetrics } from './metrics/request-metrics';
import type { Series } from './metrics/series';
import { ifNoneMatch } from './kept-document';
import { OpenApi } from './open-api';
import { OpenIdDocuments } from './open-id-documents';
import type { RequestHead } from './request-head';
import { VERSION } from './version';
import { flagParam, param } from '../rest/options';
import type { ResourceRequest, User } from '../rest/request';
import { parsePath, verbOf, type ResourceTarget, type Target, type Verb } from '../rest/request-info';

/** A request that may be answered once its body is there: who asks, for what. Holds a place among those in flight. */
export interface Admitted {
  readonly head: RequestHead;
  readonly user: User;
  readonly target: Target;
  /** Of a resource; undefined for what is none. */
  readonly verb: Verb | undefined;
  /** What it is counted among. */
  readonly series: Series;
  /** When it came, in milliseconds of `performance.now`. */
  readonly begun: number;
  /** By what it was judged, which its answer says. */
  readonly flow: Flow;
  /** Gives the place back; does nothing when called again. */
  readonly leave: () => void;
}

/** A request that may be answered once there is room for it. */
type Judged = Omit<Admitted, 'flow' | 'leave'>;

/** From a request to its answer: who asks, for what, and which handler knows. One set of handlers serves every kind. */
@Injectable()
export class Gateway {
  constructor(
    private readonly authentication: Authentication,
    private readonly authorization: Authorization,
    private readonly inFlight: InFlight,
    private readonly flows: FlowControl,
    private readonly metrics: RequestMetrics,
    private readonly metricsPage: MetricsPage,
    private readonly failures: FailureFilter,
    private readonly checks: HealthChecks,
    private readonly discovery: Discovery,
    private readonly openApi: OpenApi,
    private readonly openId: OpenIdDocuments,
    private readonly reads: ReadHandler,
    private readonly mutations: MutationHandler,
    private readonly watches: WatchHandler,
    private readonly logs: LogHandler,
    private readonly sessions: SessionHandler,
    private readonly proxy: ProxyHandler,
    private readonly aggregation: AggregationHandler,
    private readonly virtual: VirtualHandler,
    private readonly cluster: ClusterCache,
  ) {}

  /** Judges a request by its head, before a byte of its body is read: admitted (maybe after it has waited), or answered already. */
  admit(head: RequestHead): Admitted | BodyAnswer | Promise<Admitted | BodyAnswer> {
    try {
      const open = this.#forAnyone(head);
      if (open !== undefined) return open;
      const user = this.authentication.authenticate(head);
      if (!(user instanceof Promise)) return this.#admitUser(head, user);
      return user.then(
        (known) => this.#admitUser(head, known),
        (error: unknown) => this.failures.answerTo(error, head),
      );
    } catch (error) {
      return this.failures.answerTo(error, head);
    }
  }

  #admitUser(
    head: RequestHead,
    authenticated: User | undefined,
  ): Admitted | BodyAnswer | Promise<Admitted | BodyAnswer> {
    try {
      if (authenticated === undefined) return UNAUTHORIZED;
      const user = this.#impersonated(authenticated, head);
      const target = parse(head.path, servedApi(this.cluster.catalog));
      const verb = target.area === 'resource' ? verbAsked(target, head) : undefined;
      if (!METHODS.has(head.method)) throwStatus(statusOf.methodNotAllowed());
      this.#authorize(user, target, verb, head);
      const series = this.metrics.of(target, verb, head);
      const judged: Judged = { head, user, target, verb, series, begun: performance.now() };
      const passed = this.flows.enter(flowRequestOf(user, target, verb, head), this.#seatsOf(target, verb));
      return passed instanceof Promise
        ? passed.then((settled) => this.#pass(judged, settled))
        : this.#pass(judged, passed);
    } catch (error) {
      const answer = this.failures.answerTo(error, head);
      const isStranger = authenticated?.groups.includes(UNAUTHENTICATED) === true;
      return isStranger && answer.kind === 'body' ? { ...answer, isLast: true } : answer;
    }
  }

  /** As whom a request asks: who may, asks as somebody else. */
  #impersonated(by: User, head: RequestHead): User {
    const impersonation = impersonationOf(impersonationHeaders(head));
    if (impersonation === undefined) return by;
    for (const need of impersonation.needs(infoOf(by))) this.authorization.check(by, () => need);
    return impersonation.user;
  }

  #authorize(user: User, target: Target, verb: Verb | undefined, { method, path, query }: RequestHead): void {
    this.authorization.check(user, (info) =>
      target.area === 'resource' && verb !== undefined
        ? resourceAccess(info, verb, target, query)
        : pathAccess(info, method, path, query),
    );
  }

  /** The request for a session, if an admitted one is for that: it takes its connection over. */
  sessionOf({ head, user, target, verb }: Admitted): ResourceRequest | undefined {
    if (target.area !== 'resource' || verb === undefined || !this.sessions.answers(target)) return undefined;
    return resourceRequest(target, verb, head, user, undefined);
  }

  /** Lets a request in that has its seats, or needs none but a place of its class. */
  #pass({ head, user, target, verb, series, begun }: Judged, passed: Passed): Admitted | BodyAnswer {
    const { flow } = passed;
    const leave = this.#placeFor(classOfRequest(target, verb, head), passed);
    if (leave !== undefined) return { head, user, target, verb, series, begun, flow, leave };
    series.ended(TOO_MANY.code, 0, 0);
    const said = { [FLOW_SCHEMA_HEADER]: flow.schemaUid, [PRIORITY_LEVEL_HEADER]: flow.levelUid };
    return { ...TOO_MANY, headers: { ...TOO_MANY.headers, ...said } };
  }

  #placeFor(requestClass: RequestClass, passed: Passed): (() => void) | undefined {
    if ('isExempt' in passed) return this.inFlight.enter(requestClass);
    if ('rejected' in passed) return undefined;
    const uncount = this.inFlight.count(requestClass);
    return () => {
      uncount();
      passed.leave();
    };
  }

  #seatsOf(target: Target, verb: Verb | undefined): number {
    if (verb !== 'list' || target.area !== 'resource' || !this.cluster.isOpen) return 1;
    const { stored } = target.resource;
    return stored === undefined ? 1 : seatsOfList(this.cluster.projection.state.size(stored.row.id));
  }

  async answer(admitted: Admitted, body: Buffer | undefined): Promise<Answer> {
    const answer = await this.#answerOrFailure(admitted, body);
    const { target } = admitted;
    const text = target.area === 'resource' ? target.resource.stored?.version.deprecationWarning : undefined;
    return text === undefined ? answer : withWarning(answer, text);
  }

  async #answerOrFailure(admitted: Admitted, body: Buffer | undefined): Promise<Answer> {
    try {
      const answer = await this.#answer(admitted, body);
      return wantsPretty(admitted.head) ? pretty(answer) : answer;
    } catch (error) {
      return this.failures.answerTo(error, admitted.head);
    }
  }

  /** What also those may see who do not say who they are. */
  #forAnyone({ path, query, method }: RequestHead): BodyAnswer | undefined {
    if (path.startsWith('/api') || (method !== 'GET' && method !== 'HEAD')) return undefined;
    if (path === '/version' || path === '/version/') return jsonAnswer(200, VERSION);
    // A single check says what is wrong, which is nobody else's business.
    return HEALTH_PAGES.includes(path) ? healthPage(path, query, this.checks.all) : undefined;
  }

  #answer({ head, user, target, verb }: Admitted, body: Buffer | undefined): Answer | Promise<Answer> {
    if (verb !== undefined && target.area === 'resource') return this.#onResource(target, verb, head, user, body);
    switch (target.area) {
      case 'core':
      case 'groups':
      case 'group':
      case 'version':
        if (head.method !== 'GET' && head.method !== 'HEAD') throwStatus(statusOf.methodNotAllowed());
        return this.#conditional(head, this.discovery.document(target, headerOf(head, 'accept')));
      case 'other':
        return this.#onOther(head);
      case 'nowhere':
        // Whether it is somewhere can only be said once the log is read.
        void this.cluster.projection;
        return this.#onElsewhere(target, { ...head, user, body });
      // Without a verb none was admitted.
      case 'resource':
        return throwStatus(statusOf.noSuchPath());
    }
  }

  #onResource(
    target: ResourceTarget,
    verb: Verb,
    head: RequestHead,
    user: User,
    body: Buffer | undefined,
  ): Promise<Answer> {
    const request = resourceRequest(target, verb, head, user, body);
    if (this.sessions.answers(target)) return this.sessions.refuse();
    if (this.proxy.answers(target)) return this.proxy.answer({ ...head, resource: request });
    if (this.virtual.answers(target)) return this.virtual.answer(request, this.authentication);
    const { reads, mutations, watches, logs } = this;
    switch (verb) {
      case 'get':
        return target.subresource?.name === 'log' ? logs.open(request) : reads.get(request);
      case 'list':
        return reads.list(request);
      case 'watch':
        return watches.open(request);
      case 'create':
        return mutations.create(request);
      case 'update':
        return mutations.update(request);
      case 'patch':
        return mutations.patch(request);
      case 'delete':
        return mutations.delete(request);
      case 'deletecollection':
        return mutations.deleteCollection(request);
    }
  }

  #onElsewhere(
    { group = '', version = '', ofVersion }: Extract<Target, { area: 'nowhere' }>,
    request: ForwardedRequest,
  ): Answer | Promise<Answer> {
    const service = this.aggregation.serviceOf(group, version);
    if (service !== undefined) return this.aggregation.forward(service, request);
    const isGroup = group !== '' && version === '' && request.method === 'GET';
    const other = isGroup ? this.discovery.otherGroup(group) : undefined;
    if (other !== undefined) return this.#conditional(request, other);
    return ofVersion === true ? throwStatus(statusOf.noSuchPath()) : NO_PAGE;
  }

  #onOther(head: RequestHead): Answer | Promise<Answer> {
    const { path, method } = head;
    if (method !== 'GET' && method !== 'HEAD') return NO_PAGE;
    if (path === '/' || path === '') return this.discovery.root(this.checks.all);
    if (path === '/metrics') return this.metricsPage.render();
    return (
      healthPage(path, head.query, this.checks.all) ?? this.openId.answer(path) ?? this.#onOpenApi(head) ?? NO_PAGE
    );
  }

  #onOpenApi(head: RequestHead): Promise<Answer> | undefined {
    const accept = headerOf(head, 'accept');
    const document =
      head.path === '/openapi/v2'
        ? this.openApi.v2(accept)
        : this.openApi.v3(head.path, param(head.query, 'hash'), accept);
    return document?.then((answer) => this.#conditional(head, answer));
  }

  #conditional(head: Pick<RequestHead, 'headers'>, answer: BodyAnswer): BodyAnswer {
    return ifNoneMatch(answer, headerOf(head, 'if-none-match'));
  }
}

function resourceRequest(
  target: ResourceTarget,
  verb: Verb,
  head: RequestHead,
  user: User,
  body: Buffer | undefined,
): ResourceRequest {
  return {
    target,
    verb,
    query: head.query,
    user,
    accept: headerOf(head, 'accept'),
    contentType: headerOf(head, 'content-type'),
    userAgent: headerOf(head, 'user-agent'),
    body,
  };
}

const UNAUTHORIZED: BodyAnswer = {
  ...statusAnswer(statusOf.unauthorized()),
  isLast: true,
  headers: { 'www-authenticate': 'Bearer' },
};

/** In Kubernetes' words; clients wait and try again, also with writes. */
const TOO_MANY: BodyAnswer = {
  ...textAnswer(429, 'Too many requests, please try again later.\n'),
  headers: { 'retry-after': '1' },
};

/** What Kubernetes says to paths that belong to no API. Clients make the same of it as of a Status. */
const NO_PAGE: BodyAnswer = textAnswer(404, '404 page not found\n');

/** Any other is not allowed, wherever it is sent. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** What a request wants of a resource. 405 for what the resource does not offer. */
function verbAsked(target: ResourceTarget, { method, query }: RequestHead): Verb {
  return verbOf(method, target, flagParam(query, 'watch')) ?? throwStatus(statusOf.methodNotAllowed());
}

function classOfRequest(target: Target, verb: Verb | undefined, { method, query }: RequestHead): RequestClass {
  if (target.area === 'resource' && verb !== undefined) return classOf(verb, target.subresource?.name);
  if (target.area === 'nowhere' && flagParam(query, 'watch')) return 'streaming';
  return method === 'GET' || method === 'HEAD' ? 'reading' : 'changing';
}

/** Go's spellings of a yes, which is how `pretty` is read. */
const GO_TRUE = new Set(['1', 't', 'T', 'true', 'True', 'TRUE']);

/** People who look with a browser or curl get indented JSON, as from Kubernetes, unless they say otherwise. */
function wantsPretty(head: RequestHead): boolean {
  if ('pretty' in head.query) return GO_TRUE.has(param(head.query, 'pretty') ?? '');
  return /^(curl|Wget|Mozilla\/5\.0)/.test(headerOf(head, 'user-agent') ?? '');
}

function pretty(answer: Answer): Answer {
  if (answer.kind !== 'body' || answer.verbatim === true || !answer.type.startsWith(JSON_TYPE)) return answer;
  if (answer.body.length === 0) return answer;
  const value: unknown = JSON.parse(answer.body.toString());
  return { ...answer, body: `${JSON.stringify(value, null, 2)}\n`, gzipped: undefined };
}

function parse(path: string, api: ServedApi): Target {
  try {
    return parsePath(path, api);
  } catch (error) {
    if (error instanceof URIError) throw new StatusError(statusOf.badRequest('the path is not properly encoded'));
    throw error;
  }
}

const NO_HEADERS: ReadonlyMap<string, readonly string[]> = new Map();

/** By name, from the raw ones: names of groups may hold the commas by which Node joins values. */
function impersonationHeaders({ headers, rawHeaders }: RequestHead): ReadonlyMap<string, readonly string[]> {
  let isThere = false;
  for (const name in headers) isThere ||= name.startsWith('impersonate-');
  if (!isThere) return NO_HEADERS;
  const values = new Map<string, string[]>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    if (name.startsWith('impersonate-')) values.set(name, [...(values.get(name) ?? []), rawHeaders[i + 1] ?? '']);
  }
  return values;
}

function headerOf({ headers }: Pick<RequestHead, 'headers'>, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}
