import { Injectable } from '@nestjs/common';
import {
  apiVersionOf,
  VIRTUAL_RESOURCES,
  type ResourceId,
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
import { select } from '../../rest/select';
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
import type { Review } from './review';

/** The kinds that answer a question: what is sent comes back with its status. */
const REVIEWS: ReadonlyMap<ResourceId, Review> = new Map<Virtual, Review>([
  ['selfsubjectreviews.authentication.k8s.io', selfSubjectReview],
  ['tokenreviews.authentication.k8s.io', tokenReview],
  ['localsubjectaccessreviews.authorization.k8s.io', localSubjectAccessReview],
  ['selfsubjectaccessreviews.authorization.k8s.io', selfSubjectAccessReview],
  ['selfsubjectrulesreviews.authorization.k8s.io', selfSubjectRulesReview],
  ['subjectaccessreviews.authorization.k8s.io', subjectAccessReview],
]);
const COMPONENTS = 'componentstatuses' satisfies Virtual;
const ANSWERED: ReadonlySet<ResourceId> = new Set(
  VIRTUAL_RESOURCES.map(({ id }): ResourceId => id).filter((id) => REVIEWS.has(id) || id === COMPONENTS),
);
const DEPRECATED = { warning: warningHeader(['v1 ComponentStatus is deprecated in v1.19+']) };

/** Whether a path asks for a token of a service account. */
function isTokenRequest({ resource: { stored }, subresource }: ResourceTarget): boolean {
  return stored?.row.id === 'serviceaccounts' && subresource?.name === 'token';
}

/** Answers for what is served without being stored. (Bindings are writes of pods.) */
@Injectable()
export class VirtualHandler {
  constructor(
    private readonly components: ComponentHealth,
    private readonly cluster: ClusterCache,
    private readonly yaml: YamlReader,
    private readonly clock: Clock,
    private readonly tokenRequests: TokenRequests,
  ) {}

  /** Whether a path leads here. */
  answers(target: ResourceTarget): boolean {
    const { virtual } = target.resource;
    return isTokenRequest(target) || (virtual !== undefined && ANSWERED.has(virtual.row.id));
  }

  async answer(request: ResourceRequest, tokens: TokenAuthenticator): Promise<Answer> {
    switch (request.verb) {
      case 'create':
        return isTokenRequest(request.target) ? this.#grant(request) : this.#review(request, tokens);
      case 'get':
        return { ...(await this.#component(request)), headers: DEPRECATED };
      case 'list':
        return { ...(await this.#components(request)), headers: DEPRECATED };
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
    const review = REVIEWS.get(row.id) ?? throwStatus(statusOf.methodNotAllowed());
    const { object, shown, headers, now } = await this.#read(request);
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
    const { object, shown, headers } = await this.#read(asked);
    const granted = await this.tokenRequests.grant(object as TokenRequest, {
      namespace: target.namespace,
      name: nameOf(request),
    });
    return { ...presentObject(201, granted as StoredObject, shown), ...headers };
  }

  /** What is sent with a request, decoded as what it is of, with how to answer it. */
  async #read(request: ResourceRequest) {
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

  async #component(request: ResourceRequest) {
    const name = nameOf(request);
    const found = (await this.components.all()).find(({ metadata }) => metadata.name === name);
    if (found === undefined) throwStatus(statusOf.notFound(requestedResource(request).row, name));
    return presentObject(200, found, presentationOf(request, this.clock.now()));
  }

  async #components(request: ResourceRequest) {
    checkListOptions(request.query, false);
    const selection = selectionOf(requestedResource(request), '', request.query);
    const shown = presentationOf(request, this.clock.now());
    return presentList(select(await this.components.all(), selection), {}, shown);
  }
}
