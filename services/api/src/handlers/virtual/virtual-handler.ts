import { Injectable } from '@nestjs/common';
import {
  apiVersionOf,
  type ResourceId,
  type SchedulingReview,
  type StoredObject,
  type TokenRequest,
  type Virtual,
} from '@shiplog/contracts';
import { decodeObject, expectedAt, statusOf } from '@shiplog/apimachinery';
import type { Access, Request } from '@shiplog/authorization';
import { accessOf } from '@shiplog/cluster';
import type { TokenAuthenticator } from '../../authentication/authenticator';
import { TOKEN_REQUEST, TokenRequests } from '../../authentication/service-accounts/token-requests';
import { ClusterCache } from '../../cache/cluster-cache';
import { Clock } from '../../common/clock';
import type { Answer } from '../../rest/answer';
import { parseObject } from '../../rest/body';
import { throwStatus, unwrap } from '../../rest/errors';
import { checkFields } from '../../rest/field-validation';
import { checkListOptions } from '../../rest/list-options';
import { dryRunOf, selectionOf } from '../../rest/options';
import { presentationOf, presentList, presentObject } from '../../rest/present';
import { nameOf, requestedResource, type ResourceRequest } from '../../rest/request';
import type { ResourceTarget } from '../../rest/request-info';
import { warningHeader } from '../../rest/warning-header';
import { YamlReader } from '../writes/yaml-reader';
import {
  localSubjectAccessReview,
  selfSubjectAccessReview,
  selfSubjectRulesReview,
  subjectAccessReview,
} from './access';
import { ComponentHealth } from './component-health';
import { selfSubjectReview, tokenReview } from './identity';
import { ResourceMetrics } from './metrics/resource-metrics';
import { reviewOf, type Review } from './review';
import { SchedulingReviews } from './scheduling/scheduling-reviews';
import type { VirtualSource } from './virtual-source';

/** Those of them that need nothing of their own: what is sent comes back with its status. */
const REVIEWS: ReadonlyMap<ResourceId, Review> = new Map<Virtual, Review>([
  ['selfsubjectreviews.authentication.k8s.io', selfSubjectReview],
  ['tokenreviews.authentication.k8s.io', tokenReview],
  ['localsubjectaccessreviews.authorization.k8s.io', localSubjectAccessReview],
  ['selfsubjectaccessreviews.authorization.k8s.io', selfSubjectAccessReview],
  ['selfsubjectrulesreviews.authorization.k8s.io', selfSubjectRulesReview],
  ['subjectaccessreviews.authorization.k8s.io', subjectAccessReview],
]);

/** Whether a path asks for a token of a service account. */
function isTokenRequest({ resource: { stored }, subresource }: ResourceTarget): boolean {
  return stored?.row.id === 'serviceaccounts' && subresource?.name === 'token';
}

/** Answers for what is served without being stored. (Bindings are writes of pods.) */
@Injectable()
export class VirtualHandler {
  /** The kinds that answer a question. */
  readonly #reviews: ReadonlyMap<ResourceId, Review>;
  /** The kinds that are read. */
  readonly #sources: ReadonlyMap<ResourceId, VirtualSource>;

  constructor(
    components: ComponentHealth,
    metrics: ResourceMetrics,
    private readonly cluster: ClusterCache,
    private readonly yaml: YamlReader,
    private readonly clock: Clock,
    private readonly tokenRequests: TokenRequests,
    scheduling: SchedulingReviews,
  ) {
    const schedulingReview = reviewOf<SchedulingReview>((review, context) => scheduling.answer(review, context));
    this.#reviews = new Map([...REVIEWS, ['schedulingreviews.scheduling.shiplog.dev', schedulingReview]]);
    this.#sources = new Map<Virtual, VirtualSource>([
      ['componentstatuses', components],
      ['nodes.metrics.k8s.io', metrics.nodes],
      ['pods.metrics.k8s.io', metrics.pods],
    ]);
  }

  /** Whether a path leads here. */
  answers(target: ResourceTarget): boolean {
    const id = target.resource.virtual?.row.id;
    return isTokenRequest(target) || (id !== undefined && (this.#reviews.has(id) || this.#sources.has(id)));
  }

  async answer(request: ResourceRequest, tokens: TokenAuthenticator): Promise<Answer> {
    switch (request.verb) {
      case 'create':
        return isTokenRequest(request.target) ? this.#grant(request) : this.#review(request, tokens);
      case 'get':
      case 'list':
        return this.#read(request);
      // None of these is offered.
      case 'watch':
      case 'update':
      case 'patch':
      case 'delete':
      case 'deletecollection':
        return throwStatus(statusOf.methodNotAllowed());
    }
  }

  async #review(request: ResourceRequest, tokens: TokenAuthenticator): Promise<Answer> {
    const { row, version } = requestedResource(request);
    const review = this.#reviews.get(row.id) ?? throwStatus(statusOf.methodNotAllowed());
    const { object, shown, headers, now } = await this.#sent(request);
    const { user, target } = request;
    const { state } = this.cluster.projection;
    const access = (wanted: Request): Access => accessOf(state, wanted);
    const context = { user, tokens, rights: state.rights(), access, namespace: target.namespace, now, row };
    const reviewed = unwrap(await review(object, context));
    const answered = { ...reviewed, apiVersion: apiVersionOf(version) } as StoredObject;
    return { ...presentObject(201, answered, shown), ...headers };
  }

  async #grant(request: ResourceRequest): Promise<Answer> {
    const { target } = request;
    const asked = { ...request, target: { ...target, resource: { ...target.resource, stored: TOKEN_REQUEST } } };
    const { object, shown, headers } = await this.#sent(asked);
    const granted = await this.tokenRequests.grant(object as TokenRequest, {
      namespace: target.namespace,
      name: nameOf(request),
    });
    return { ...presentObject(201, granted as StoredObject, shown), ...headers };
  }

  /** What is sent with a request, decoded as what it is of, with how to answer it. */
  async #sent(request: ResourceRequest) {
    const { row, version } = requestedResource(request);
    const now = this.clock.now();
    const shown = presentationOf(request, now);
    const duplicates: string[] = [];
    const onDuplicate = (text: string): void => void duplicates.push(text);
    const sent = await parseObject(request.body, request.contentType, this.yaml, { kind: row.kind, onDuplicate });
    const warnings = checkFields(request, sent, duplicates, 'CreateOptions');
    dryRunOf(request.query.dryRun, 'CreateOptions');
    const object = unwrap(decodeObject(expectedAt({ row, version }), sent));
    const headers = warnings.length === 0 ? {} : { headers: { warning: warningHeader(warnings) } };
    return { object, shown, headers, now };
  }

  async #read(request: ResourceRequest): Promise<Answer> {
    const resource = requestedResource(request);
    const source = this.#sources.get(resource.row.id) ?? throwStatus(statusOf.methodNotAllowed());
    const { namespace } = request.target;
    const shown = presentationOf(request, this.clock.now());
    const headers = source.warning === undefined ? {} : { headers: { warning: warningHeader([source.warning]) } };
    if (request.verb === 'get')
      return { ...presentObject(200, await source.get(namespace, nameOf(request)), shown), ...headers };
    checkListOptions(request.query, false);
    const selection = selectionOf(resource, namespace, request.query);
    return { ...presentList(await source.list(selection), {}, shown), ...headers };
  }
}
